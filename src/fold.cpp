// The fold, rule by rule.
#include "fold.hpp"

namespace cerk {

std::string_view to_string(void_cause cause) noexcept {
  switch (cause) {
    case void_cause::none:
      return "";
    case void_cause::stale_term:
      return "stale_term";
    case void_cause::unknown_term:
      return "unknown_term";
    case void_cause::gap:
      return "gap";
    case void_cause::copy:
      return "copy";
    case void_cause::lost_claim:
      return "lost_claim";
    case void_cause::torn_group:
      return "torn_group";
    case void_cause::headerless_after_claim:
      return "headerless_after_claim";
  }
  return "invalid";
}

verdict partition_fold::on_claim(const claim& c) {
  claims_.insert(c.id.value);
  if (c.replaces != term_ || c.id == term_)
    return {.on_this = effect::voided, .cause = void_cause::lost_claim};
  const bool torn = has_pending();
  term_ = c.id;
  next_ = 1;
  pending_k_ = 0;
  return {.on_this = effect::in_effect, .voids_pending = torn};
}

verdict partition_fold::on_record(const record_header& h) noexcept {
  if (h.term != term_)
    return {.on_this = effect::voided,
            .cause = claims_.contains(h.term.value) ? void_cause::stale_term
                                                    : void_cause::unknown_term};
  if (h.number != next_)
    return {.on_this = effect::voided,
            .cause = h.number > next_ ? void_cause::gap : void_cause::copy};
  ++next_;
  const bool continues = has_pending() && h.n == pending_n_ && h.k == pending_k_ + 1;
  const bool begins = h.k == 1;
  if (!continues && !begins) {
    const bool torn = has_pending();
    pending_k_ = 0;
    return {.on_this = effect::voided, .cause = void_cause::torn_group, .voids_pending = torn};
  }
  // An owner never leaves a group unfinished, but a reader must not rely on it.
  const bool torn = has_pending() && !continues;
  if (h.k < h.n) {
    pending_k_ = h.k;
    pending_n_ = h.n;
    return {.on_this = effect::pending, .voids_pending = torn};
  }
  const bool completes = continues;
  pending_k_ = 0;
  return {.on_this = completes ? effect::completes_group : effect::in_effect,
          .voids_pending = torn};
}

verdict partition_fold::on_headerless() const noexcept {
  if (term_ == term{})
    return {.on_this = effect::in_effect};
  return {.on_this = effect::voided, .cause = void_cause::headerless_after_claim};
}

} // namespace cerk

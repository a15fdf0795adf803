/// The only file that knows CAF's versions: 0.17 (Debian 12, the tested baseline) and 1.x.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#if CAF_VERSION < 1800
#  include <caf/atom.hpp>
#  include <caf/execution_unit.hpp>
#  include <caf/resumable.hpp>
#  include <caf/scheduler/abstract_coordinator.hpp>
#  include <caf/thread_hook.hpp>
// In 0.17 a message type needs no id.
#  define CERK_BEGIN_MESSAGES(block, first) \
    namespace cerk::detail {                \
    struct block##_messages;                \
    }
#  define CERK_MESSAGE(block, type)
#  define CERK_END_MESSAGES(block)
#else
#  include <caf/anon_mail.hpp>
#  include <caf/init_global_meta_objects.hpp>
#  include <caf/thread_hook.hpp>
#  include <caf/type_id.hpp>
#  define CERK_BEGIN_MESSAGES(block, first) \
    CAF_BEGIN_TYPE_ID_BLOCK(block, caf::first_custom_type_id + first)
#  define CERK_MESSAGE(block, type) CAF_ADD_TYPE_ID(block, type)
#  define CERK_END_MESSAGES(block)                 \
    CAF_END_TYPE_ID_BLOCK(block)                   \
    namespace cerk::detail {                       \
    using block##_messages = caf::id_block::block; \
    }
#endif

namespace cerk::detail {

/// Sends from an actor.
template <class... Ts>
void tell(caf::event_based_actor* self, const caf::actor& to, Ts&&... content) {
#if CAF_VERSION < 1800
  self->send(to, std::forward<Ts>(content)...);
#else
  self->mail(std::forward<Ts>(content)...).send(to);
#endif
}

/// Sends from an actor, ahead of what is sent without urgency.
template <class T>
void tell_urgently(caf::event_based_actor* self, const caf::actor& to, T content) {
#if CAF_VERSION < 1800
  self->send<caf::message_priority::high>(to, std::move(content));
#else
  self->mail(std::move(content)).urgent().send(to);
#endif
}

/// Sends from anywhere; nobody to answer to.
template <class... Ts>
void tell_from_outside(const caf::actor& to, Ts&&... content) {
#if CAF_VERSION < 1800
  caf::anon_send(to, std::forward<Ts>(content)...);
#else
  caf::anon_mail(std::forward<Ts>(content)...).send(to);
#endif
}

/// Sends to oneself after `delay` of the actor system's clock.
template <class T>
void tell_self_later(caf::event_based_actor* self, std::chrono::milliseconds delay, T content) {
#if CAF_VERSION < 1800
  self->delayed_send(self, delay, std::move(content));
#else
  self->mail(std::move(content)).delay(delay).send(self);
#endif
}

/// Whether the message under way is from `who`.
inline bool is_from(caf::event_based_actor* self, const caf::actor& who) {
  return self->current_sender() == caf::actor_cast<caf::strong_actor_ptr>(who);
}

inline void tell_to_stop(const caf::actor& who) {
  caf::anon_send_exit(who, caf::exit_reason::user_shutdown);
}

/// How many actors the system runs at once.
inline std::size_t worker_count(caf::actor_system& system) {
#if CAF_VERSION < 1800
  return std::max<std::size_t>(system.scheduler().num_workers(), 1);
#else
  return std::max<std::size_t>(get_or(system.config(), "caf.scheduler.max-threads",
                                      std::max<std::size_t>(std::thread::hardware_concurrency(),
                                                            1)),
                               1);
#endif
}

/// Runs the receivers of its messages on the thread that calls `run`: many short jobs need neither
/// the scheduler's queue nor a wake-up each. See docs/decisions/0007-dealt-restore.md.
#if CAF_VERSION < 1800
class runner_on_this_thread : private caf::execution_unit {
public:
  explicit runner_on_this_thread(caf::actor_system& system) : caf::execution_unit(&system) {
  }

  runner_on_this_thread(const runner_on_this_thread&) = delete;
  runner_on_this_thread& operator=(const runner_on_this_thread&) = delete;

  /// What was told and not run goes to the scheduler.
  ~runner_on_this_thread() override {
    for (; next_ < jobs_.size(); ++next_)
      system().scheduler().enqueue(jobs_[next_]);
  }

  template <class T>
  void tell(const caf::actor& to, T content) {
    caf::actor_cast<caf::abstract_actor*>(to)->eq_impl(caf::make_message_id(), nullptr, this,
                                                       std::move(content));
  }

  /// Ahead of what was told without urgency.
  template <class T>
  void tell_urgently(const caf::actor& to, T content) {
    caf::actor_cast<caf::abstract_actor*>(to)->eq_impl(
      caf::make_message_id(caf::message_priority::high), nullptr, this, std::move(content));
  }

  /// Each for a few messages; whoever has more left goes on with the scheduler, so that the caller
  /// gets on with its own.
  void run() {
    while (next_ < jobs_.size()) {
      auto* job = jobs_[next_++];
      if (job->resume(this, messages_max) == caf::resumable::resume_later)
        system().scheduler().enqueue(job);
      else
        intrusive_ptr_release(job);
    }
    jobs_.clear();
    next_ = 0;
  }

private:
  static constexpr std::size_t messages_max = 16;

  // An actor that has something to do now; this holds a reference to it.
  void exec_later(caf::resumable* job) override {
    jobs_.push_back(job);
  }

  // No deque: one is made for each command, and a deque allocates even when it stays empty.
  std::vector<caf::resumable*> jobs_;
  std::size_t next_ = 0;
};
#else
class runner_on_this_thread {
public:
  explicit runner_on_this_thread(caf::actor_system&) {
  }

  template <class T>
  void tell(const caf::actor& to, T content) {
    caf::anon_mail(std::move(content)).send(to);
  }

  template <class T>
  void tell_urgently(const caf::actor& to, T content) {
    caf::anon_mail(std::move(content)).urgent().send(to);
  }

  void run() {
    // CAF 1.x has no such place to plug in; its scheduler has the actors already.
  }
};
#endif

/// Whether this thread was started by CAF, so that blocking it may stop every actor.
inline thread_local bool on_caf_thread = false;

class mark_caf_threads : public caf::thread_hook {
public:
  void init(caf::actor_system&) override {
  }

#if CAF_VERSION < 1800
  void thread_started() override {
    on_caf_thread = true;
  }
#else
  void thread_started(caf::thread_owner) override {
    on_caf_thread = true;
  }
#endif

  void thread_terminates() override {
  }
};

/// Makes message types known to CAF 1.x, which wants that before it makes a configuration.
template <class... Blocks>
void register_messages() {
#if CAF_VERSION >= 1800
  caf::core::init_global_meta_objects();
  (caf::init_global_meta_objects<Blocks>(), ...);
#endif
}

/// The settings of `cerk::actor_system_config`.
inline void configure(caf::actor_system_config& config) {
  config.add_thread_hook<mark_caf_threads>();
#if CAF_VERSION < 1800
  // As a string it would be refused with a type mismatch, and the default policy would run.
  config.set("scheduler.policy", caf::atom("sharing"));
#else
  config.set("caf.scheduler.policy", "sharing");
#endif
}

inline void configure_workers(caf::actor_system_config& config, std::size_t count) {
#if CAF_VERSION < 1800
  config.set("scheduler.max-threads", count);
#else
  config.set("caf.scheduler.max-threads", count);
#endif
}

} // namespace cerk::detail

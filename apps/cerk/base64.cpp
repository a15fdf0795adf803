// Base64, strict: one text for each sequence of bytes.
#include "base64.hpp"

#include <array>
#include <cstdint>

namespace cerk::cli {

namespace {

constexpr std::string_view alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t none = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(none);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}

constexpr auto digits = make_digits();

} // namespace

void append_base64(std::string& out, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= group.size() ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
  }
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
    ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const std::size_t used = at + 4 == text.size() ? 4 - padding : 4;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto digit = i < used ? digits[static_cast<unsigned char>(text[at + i])]
                                  : std::uint8_t{0};
      if (digit == none)
        return std::nullopt;
      bits = bits << 6 | digit;
    }
    // Bits behind the last byte must be zero, or two texts would mean the same.
    if (used < 4 && (bits & (used == 2 ? 0xffffu : 0xffu)) != 0)
      return std::nullopt;
    for (std::size_t i = 0; i + 1 < used; ++i)
      bytes += static_cast<char>(bits >> (16 - 8 * i) & 0xff);
  }
  return bytes;
}

} // namespace cerk::cli

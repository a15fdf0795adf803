// Properties as users give them: secrets that are named, and errors that do not tell them.
#define CAF_SUITE kafka_property

#include <cerk/kafka_provider.hpp>

#include "system/process.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;

namespace {

struct fixture {
  system_test::temporary_directory directory;

  std::string file(const std::string& content) const {
    const auto path = directory / "secret";
    std::ofstream{path, std::ios::binary} << content;
    return path;
  }

  static std::string value(const std::string& text) {
    const auto read = parse_kafka_property("sasl.password=" + text);
    return read ? read->second : "refused: " + read.error().what;
  }

  static std::string refusal(const std::string& text) {
    const auto read = parse_kafka_property(text);
    if (read)
      return "taken";
    CAF_CHECK(read.error().code == errc::bad_input);
    CAF_CHECK(read.error().what.find("hunter2") == std::string::npos);
    return read.error().what;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_property_tests, fixture)

CAF_TEST(a_value_goes_from_the_first_equals_sign_to_the_end) {
  const auto read = parse_kafka_property("sasl.jaas=a=b c").value();
  CAF_CHECK_EQUAL(read.first, "sasl.jaas");
  CAF_CHECK_EQUAL(read.second, "a=b c");
  CAF_CHECK_EQUAL(value(""), "");
}

CAF_TEST(a_file_is_the_value_without_its_last_line_break) {
  CAF_CHECK_EQUAL(value("@file:" + file("hunter2\n")), "hunter2");
  CAF_CHECK_EQUAL(value("@file:" + file("hunter2\r\n")), "hunter2");
  CAF_CHECK_EQUAL(value("@file:" + file("hunter2")), "hunter2");
  CAF_CHECK_EQUAL(value("@file:" + file("two\nlines\n\n")), "two\nlines\n");
}

CAF_TEST(a_file_that_cannot_be_a_value_is_named) {
  const auto refused = [](const std::string& path) {
    CAF_CHECK(refusal("sasl.password=@file:" + path).find(path) != std::string::npos);
  };
  refused(directory / "nobody-made-this");
  refused(directory / ".");
  refused(file("\n"));
  refused(file(std::string((64 << 10) + 1, 'x')));
  CAF_CHECK_EQUAL(value("@file:" + file(std::string(64 << 10, 'x'))).size(), 65'536u);
}

CAF_TEST(a_variable_of_the_environment_is_the_value) {
  CAF_REQUIRE_EQUAL(setenv("CERK_TEST_SECRET", "hunter2", 1), 0);
  CAF_CHECK_EQUAL(value("@env:CERK_TEST_SECRET"), "hunter2");
  CAF_REQUIRE_EQUAL(setenv("CERK_TEST_SECRET", "", 1), 0);
  CAF_CHECK(refusal("sasl.password=@env:CERK_TEST_SECRET").find("CERK_TEST_SECRET")
            != std::string::npos);
  CAF_REQUIRE_EQUAL(unsetenv("CERK_TEST_SECRET"), 0);
  CAF_CHECK(refusal("sasl.password=@env:CERK_TEST_SECRET").find("CERK_TEST_SECRET")
            != std::string::npos);
}

CAF_TEST(a_value_of_its_own_may_begin_with_an_at_sign_when_that_is_doubled) {
  CAF_CHECK_EQUAL(value("@@hunter2"), "@hunter2");
  CAF_CHECK_EQUAL(value("a@b"), "a@b");
  CAF_CHECK(refusal("sasl.password=@hunter2").find("write @@") != std::string::npos);
}

CAF_TEST(what_is_refused_is_refused_without_its_value) {
  CAF_CHECK_EQUAL(refusal("hunter2"), "expected key=value");
  CAF_CHECK_EQUAL(refusal("=hunter2"), "expected key=value");
  const auto why = refusal("enable.idempotence=hunter2");
  CAF_CHECK(why.find("enable.idempotence: cannot be set") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()

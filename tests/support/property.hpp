/// RapidCheck inside CAF's test framework: a property that fails prints its seed and fails the
/// test.
#pragma once

#include <rapidcheck.h>

#include "caf/test/unit_test.hpp"

/// `CERK_PROPERTY("what holds", [](int generated) { RC_ASSERT(...); })`
#define CERK_PROPERTY(...) CAF_CHECK(rc::check(__VA_ARGS__))

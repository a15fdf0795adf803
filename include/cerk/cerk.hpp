/// Everything of cerk, in the order in which a command walks round the loop.
#pragma once

#include "cerk/aggregate.hpp"       // a domain's types under their stored names
#include "cerk/command.hpp"         // what goes in and what comes back
#include "cerk/decision.hpp"        // what a domain answers
#include "cerk/error.hpp"           // what can go wrong
#include "cerk/event.hpp"           // what is stored
#include "cerk/ids.hpp"             // names and numbers
#include "cerk/kafka_provider.hpp"  // a topic
#include "cerk/log.hpp"             // the log without a repository
#include "cerk/memory_provider.hpp" // for tests
#include "cerk/metrics.hpp"         // what is counted
#include "cerk/options.hpp"         // the knobs
#include "cerk/placement.hpp"       // whether records are where they belong
#include "cerk/provider.hpp"        // where it is stored
#include "cerk/reader.hpp"          // the read side: follow what is stored
#include "cerk/record.hpp"          // how it is stored
#include "cerk/repository.hpp"      // the front door
#include "cerk/sqlite_provider.hpp" // embedded and durable
#include "cerk/unit_of_work.hpp"    // the Go library's way in

# One function for each kind of target, so that the directories only say what is theirs.

# cerk_add_app(NAME SOURCES… [LIBRARIES…]): an installed program in ${build}/bin.
function(cerk_add_app name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  _cerk_add_program(${name} bin "${arg_SOURCES}" cerk_allocator ${arg_LIBRARIES})
  install(TARGETS ${name} COMPONENT cerk_apps)
endfunction()

# cerk_add_bench(NAME SOURCES… [LIBRARIES…]): a benchmark in ${build}/bench.
function(cerk_add_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  # Targets share one namespace, files do not: the target bench_restore is the file bench/restore.
  _cerk_add_program(bench_${name} bench "${arg_SOURCES}" cerk_allocator ${arg_LIBRARIES})
  set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name})
endfunction()

# cerk_add_example(NAME SOURCES… [LIBRARIES…]): a small program that is also a test of its own.
function(cerk_add_example name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  _cerk_add_program(example_${name} examples "${arg_SOURCES}" ${arg_LIBRARIES})
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name})
  if(CERK_BUILD_TESTS)
    # An empty directory for each run: what an example stores must not meet what it stored before.
    cerk_add_test(example.${name} LABELS system COMMAND
      ${CMAKE_COMMAND} -E env "EXAMPLE=$<TARGET_FILE:example_${name}>"
      sh -c "d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT && cd \"$d\" && \"$EXAMPLE\"")
  endif()
endfunction()

# cerk_add_test(NAME LABELS label… COMMAND …): any command; it passes when it exits 0.
#
# cerk_add_test(NAME LABELS label… SOURCES… [LIBRARIES…] [THREADED suite…]): a program of CAF test
# suites, and one ctest entry NAME.SUITE for each. The suites are the sources' `#define CAF_SUITE`
# lines, so none is forgotten. THREADED suites get that label too: the thread sanitizer runs them.
#
# Both: SERIAL (nothing runs beside it), TIMEOUT seconds (default 120), ENVIRONMENT var=value….
# LABELS: one of unit, actor, contract, simulation, system; `long` keeps it out of the default run.
function(cerk_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT"
    "LABELS;COMMAND;SOURCES;LIBRARIES;THREADED;ENVIRONMENT")
  if(NOT arg_LABELS)
    message(FATAL_ERROR "test ${name}: name its LABELS")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()

  if(arg_COMMAND)
    add_test(NAME ${name} COMMAND ${arg_COMMAND})
    set(tests ${name})
  else()
    _cerk_add_program(test_${name} tests "${arg_SOURCES}" cerk_test_main ${arg_LIBRARIES})
    set_target_properties(test_${name} PROPERTIES OUTPUT_NAME ${name})
    _cerk_find_suites(suites ${arg_SOURCES})
    set(tests "")
    foreach(suite IN LISTS suites)
      # The runner takes a regular expression where it trusts std::regex, elsewhere an exact name.
      set(pattern "^${suite}$")
      if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        set(pattern "${suite}")
      endif()
      # Verbosity 4 prints each check: at 3 a failed one is counted, but not shown.
      add_test(NAME ${name}.${suite} COMMAND test_${name} -v 4 -s "${pattern}")
      # The runner also succeeds when it ran nothing.
      set_tests_properties(${name}.${suite} PROPERTIES
        FAIL_REGULAR_EXPRESSION " tests:   0")
      list(APPEND tests ${name}.${suite})
    endforeach()
    foreach(suite IN LISTS arg_THREADED)
      if(NOT suite IN_LIST suites)
        message(FATAL_ERROR "test ${name}: THREADED names ${suite}, which no source defines")
      endif()
    endforeach()
    if(arg_THREADED)
      add_dependencies(cerk_threaded test_${name})
    endif()
  endif()

  set_tests_properties(${tests} PROPERTIES
    LABELS "${arg_LABELS}"
    TIMEOUT ${arg_TIMEOUT}
    RUN_SERIAL ${arg_SERIAL}
    ENVIRONMENT "${CERK_TEST_ENVIRONMENT};${arg_ENVIRONMENT}")
  foreach(suite IN LISTS arg_THREADED)
    set_property(TEST ${name}.${suite} APPEND PROPERTY LABELS threaded)
  endforeach()
endfunction()

# cerk_add_fuzz(NAME SOURCES… [LIBRARIES…]): a libFuzzer target in ${build}/fuzz, with CERK_FUZZ.
# Inputs to start from lie in tests/fuzz/seeds/NAME.
function(cerk_add_fuzz name)
  if(NOT CERK_FUZZ)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  _cerk_add_program(fuzz_${name} fuzz "${arg_SOURCES}" ${arg_LIBRARIES})
  set_target_properties(fuzz_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# A program of our own: our warnings, our library, its place under the build directory.
function(_cerk_add_program target directory sources)
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE ${ARGN} cerk::cerk cerk_warnings)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${directory}")
endfunction()

# The CAF_SUITE of each source; a source that gains one makes CMake look again.
function(_cerk_find_suites result)
  set(suites "")
  foreach(source IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    file(STRINGS "${source}" lines REGEX "^#[ ]*define CAF_SUITE ")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#[ ]*define CAF_SUITE +([^ ]+).*" "\\1" suite "${line}")
      list(APPEND suites "${suite}")
    endforeach()
  endforeach()
  if(NOT suites)
    message(FATAL_ERROR "no CAF_SUITE is defined in: ${ARGN}")
  endif()
  list(REMOVE_DUPLICATES suites)
  set(${result} "${suites}" PARENT_SCOPE)
endfunction()

if(CERK_BUILD_TESTS)
  # The programs that have THREADED suites: all that a run under the thread sanitizer has to build.
  add_custom_target(cerk_threaded)
  set(CERK_TEST_ENVIRONMENT
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp:halt_on_error=1")
  # The runner's main() takes seconds to compile: once is enough.
  add_library(cerk_test_main OBJECT EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/caf_test_main.cpp")
  target_link_libraries(cerk_test_main PRIVATE CAF::core)
endif()

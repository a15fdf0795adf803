# The command line: its pure parts from inside, its commands as scripts see them.
if(NOT TARGET cerk_tool)
  return()
endif()

cerk_add_test(cli_parts
  LABELS unit
  SOURCES
    cli_lines.test.cpp
    cli_import_plan.test.cpp
    cli_progress.test.cpp
    cli_own_aggregates.test.cpp
  LIBRARIES cerk::cli)
# Private headers, because the tests look inside.
target_include_directories(test_cli_parts PRIVATE "${PROJECT_SOURCE_DIR}/apps/cerk")

cerk_add_test(cli
  LABELS system
  TIMEOUT 300
  SOURCES
    cli_usage.test.cpp
    cli_verify.test.cpp
    cli_import.test.cpp
    cli_export.test.cpp
    cli_fetch.test.cpp
    cli_fill.test.cpp
    cli_replay.test.cpp)
target_compile_definitions(test_cli PRIVATE
  CERK_TOOL="$<TARGET_FILE:cerk_tool>"
  CERK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
add_dependencies(test_cli cerk_tool)

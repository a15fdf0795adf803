# cerk-writer as its clients and operators see it.
if(NOT TARGET cerk-writer)
  return()
endif()

# For all programs that talk to a service.
add_library(cerk_http_client OBJECT EXCLUDE_FROM_ALL http_client.cpp)
target_link_libraries(cerk_http_client PRIVATE cerk::cerk cerk_warnings)

cerk_add_test(http
  LABELS system
  TIMEOUT 300
  SOURCES
    http_mapping.test.cpp
    http_contract.test.cpp
    http_protocol.test.cpp
    writer_settings.test.cpp
    writer_store.test.cpp
    writer_stop.test.cpp
    writer_crash.test.cpp
  LIBRARIES cerk_writer_parts cerk_http_client)
target_compile_definitions(test_http PRIVATE
  CERK_WRITER="$<TARGET_FILE:cerk-writer>"
  CERK_TOOL="$<TARGET_FILE:cerk_tool>"
  CERK_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
add_dependencies(test_http cerk-writer cerk_tool)

# cerk-writer as its clients and operators see it.
if(NOT TARGET cerk-writer)
  return()
endif()

cerk_add_test(http
  LABELS system
  TIMEOUT 300
  SOURCES
    http_client.cpp
    http_mapping.test.cpp
    http_contract.test.cpp
    http_protocol.test.cpp
    writer_settings.test.cpp
    writer_store.test.cpp
    writer_stop.test.cpp
    writer_crash.test.cpp
  LIBRARIES cerk_writer_parts)
target_compile_definitions(test_http PRIVATE CERK_WRITER="$<TARGET_FILE:cerk-writer>")
add_dependencies(test_http cerk-writer)

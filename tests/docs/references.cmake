# Every relative link in README.md and docs/ leads to a file, and every test that they name exists.
cmake_minimum_required(VERSION 3.25) # for what a quoted argument and a list are

file(GLOB_RECURSE pages "${SOURCE_DIR}/docs/*.md")
list(APPEND pages "${SOURCE_DIR}/README.md" "${SOURCE_DIR}/CHANGELOG.md")
file(GLOB_RECURSE tests "${SOURCE_DIR}/tests/*.test.cpp")

# A test is named `suite.test`.
set(known "")
foreach(test IN LISTS tests)
  file(STRINGS "${test}" lines REGEX "^(#define CAF_SUITE|CAF_TEST\\()")
  foreach(line IN LISTS lines)
    if(line MATCHES "CAF_SUITE +([a-z0-9_]+)")
      set(suite "${CMAKE_MATCH_1}")
      list(APPEND suites "${suite}")
    elseif(line MATCHES "CAF_TEST\\(([a-z0-9_]+)\\)")
      list(APPEND known "${suite}.${CMAKE_MATCH_1}")
    endif()
  endforeach()
endforeach()

set(wrong 0)
foreach(page IN LISTS pages)
  file(READ "${page}" text)
  # Brackets and semicolons mean something in CMake's lists.
  string(REPLACE ";" " " text "${text}")
  string(REPLACE "](" "<link>" text "${text}")
  string(REGEX REPLACE "[][]" " " text "${text}")

  cmake_path(GET page PARENT_PATH folder)
  string(REGEX MATCHALL "<link>[^)#]+" links "${text}")
  foreach(link IN LISTS links)
    string(REPLACE "<link>" "" link "${link}")
    if(NOT link MATCHES "^https?:" AND NOT EXISTS "${folder}/${link}")
      message("${page}: there is no ${link}")
      math(EXPR wrong "${wrong} + 1")
    endif()
  endforeach()

  string(REGEX MATCHALL "`[a-z0-9_]+[.][a-z0-9_]+`" names "${text}")
  foreach(name IN LISTS names)
    string(REPLACE "`" "" name "${name}")
    string(REGEX REPLACE "[.].*" "" suite "${name}")
    if(suite IN_LIST suites AND NOT name IN_LIST known AND NOT name MATCHES "[.][hc]pp$")
      message("${page}: there is no test ${name}")
      math(EXPR wrong "${wrong} + 1")
    endif()
  endforeach()
endforeach()

if(wrong GREATER 0)
  message(FATAL_ERROR "${wrong} references lead nowhere")
endif()

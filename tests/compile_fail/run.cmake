# Compiles SOURCE, which must fail with the sentence of its first line; `nothing` means it must not.
# With PREPARE instead of SOURCE: precompiles what they have in common, into PREPARED.
set(flags -std=c++20)
string(REPLACE "|" ";" INCLUDES "${INCLUDES}")
foreach(directory IN LISTS INCLUDES)
  # What is in the compiler's own list must keep its place there.
  if(NOT directory STREQUAL "/usr/include")
    list(APPEND flags "-I${directory}")
  endif()
endforeach()

if(PREPARE)
  execute_process(COMMAND "${COMPILER}" ${flags} -x c++-header "${PREPARE}" -o "${PREPARED}"
    ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
  return()
endif()

# g++ takes a precompiled header by the name of the plain one, clang by its own.
if(PREPARED MATCHES "\\.gch$")
  string(REGEX REPLACE "\\.gch$" "" header "${PREPARED}")
  list(APPEND flags -include "${header}")
else()
  list(APPEND flags -include-pch "${PREPARED}")
endif()
execute_process(COMMAND "${COMPILER}" ${flags} -fsyntax-only "${SOURCE}"
  RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_VARIABLE said)

file(STRINGS "${SOURCE}" first LIMIT_COUNT 1)
string(REGEX REPLACE "^// expect: " "" sentence "${first}")
if(sentence STREQUAL "nothing")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "does not compile:\n${said}")
  endif()
  return()
endif()
if(status EQUAL 0)
  message(FATAL_ERROR "compiles, but should not: ${sentence}")
endif()
string(FIND "${said}" "${sentence}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "the compiler does not say: ${sentence}\nbut:\n${said}")
endif()

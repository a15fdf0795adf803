# The README's first C++ block is examples/01_first.cpp, character for character.
file(READ "${SOURCE_DIR}/README.md" readme)
file(READ "${SOURCE_DIR}/examples/01_first.cpp" program)

string(FIND "${readme}" "```cpp\n" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "README.md has no C++ block")
endif()
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${readme}" ${begin} -1 block)
string(FIND "${block}" "```" end)
string(SUBSTRING "${block}" 0 ${end} block)

if(NOT block STREQUAL program)
  message(FATAL_ERROR "README.md shows another program than examples/01_first.cpp")
endif()

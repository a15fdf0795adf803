# How cerk's own code is compiled; users of the library inherit none of it except C++20.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()
  find_program(CERK_CCACHE ccache)
  if(CERK_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CERK_CCACHE}")
  endif()
endif()

add_library(cerk_warnings INTERFACE)
target_compile_options(cerk_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wextra-semi -Wimplicit-fallthrough -Wundef
  # Options are plain structs filled by designated initializers: naming some is their purpose.
  -Wno-missing-field-initializers
  # g++ 12 sees overlapping copies inside std::string where there are none (GCC bug 105329).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${CERK_WERROR}>:-Werror>)

# Instrumentation is for everything in this build: a sanitizer that sees half of it lies.
if(CERK_SANITIZE STREQUAL "address")
  set(_instrumentation -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(CERK_SANITIZE STREQUAL "thread")
  set(_instrumentation -fsanitize=thread)
elseif(CERK_SANITIZE)
  message(FATAL_ERROR "CERK_SANITIZE is '${CERK_SANITIZE}': expected address, thread or nothing")
endif()
if(CERK_SANITIZE)
  add_compile_options(${_instrumentation} -fno-omit-frame-pointer)
  add_link_options(${_instrumentation})
endif()
if(CERK_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CERK_FUZZ needs clang: libFuzzer is part of it")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CERK_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# Messages are allocated in one thread and freed in another, which glibc's malloc pays for dearly.
# Programs choose their allocator; a library must not, so this is linked by programs only.
add_library(cerk_allocator INTERFACE)
if(CERK_MIMALLOC AND NOT CERK_SANITIZE AND (CERK_BUILD_APPS OR CERK_BUILD_BENCH))
  find_library(CERK_MIMALLOC_LIBRARY mimalloc)
  if(NOT CERK_MIMALLOC_LIBRARY)
    message(FATAL_ERROR
      "mimalloc not found: install it (Debian: libmimalloc-dev) or configure -DCERK_MIMALLOC=OFF")
  endif()
  # As an option instead of a library, because those come before all libraries, so that malloc is
  # looked up here first; and kept even where nothing refers to it directly.
  target_link_options(cerk_allocator INTERFACE
    "LINKER:--push-state,--no-as-needed,${CERK_MIMALLOC_LIBRARY},--pop-state")
endif()

# Finds the C++ Actor Framework as CAF::core, whether it brings a CMake config (1.x) or not (0.17).
#
# Sets CAF_FOUND, CAF_VERSION ("0.17.6") and CAF_VERSION_NUMBER (the value of the macro CAF_VERSION
# in C++: major * 10000 + minor * 100 + patch, here 1706).

# With a version of its own: it would take over the caller's, and upstream's config refuses any major
# version but its own.
find_package(CAF 1.0 CONFIG QUIET)
if(TARGET CAF::core)
  get_target_property(CAF_INCLUDE_DIR CAF::core INTERFACE_INCLUDE_DIRECTORIES)
  set(CAF_CORE_LIBRARY CAF::core)
  string(REGEX MATCH "^([0-9]+)\\.([0-9]+)\\.([0-9]+)" _ "${CAF_VERSION}")
  math(EXPR CAF_VERSION_NUMBER
    "${CMAKE_MATCH_1} * 10000 + ${CMAKE_MATCH_2} * 100 + ${CMAKE_MATCH_3}")
else()
  find_path(CAF_INCLUDE_DIR caf/config.hpp)
  find_library(CAF_CORE_LIBRARY caf_core)
  mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY)
  unset(CAF_VERSION)
  if(CAF_INCLUDE_DIR)
    file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_line
      REGEX "^#define CAF_VERSION [0-9]+" LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9]+$" CAF_VERSION_NUMBER "${_caf_line}")
    if(CAF_VERSION_NUMBER)
      math(EXPR _caf_major "${CAF_VERSION_NUMBER} / 10000")
      math(EXPR _caf_minor "${CAF_VERSION_NUMBER} / 100 % 100")
      math(EXPR _caf_patch "${CAF_VERSION_NUMBER} % 100")
      set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
    endif()
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_CORE_LIBRARY CAF_INCLUDE_DIR CAF_VERSION
  VERSION_VAR CAF_VERSION)

if(CAF_FOUND AND NOT TARGET CAF::core)
  find_package(Threads REQUIRED)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES
    IMPORTED_LOCATION "${CAF_CORE_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()

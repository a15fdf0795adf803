# What another project needs: headers, library, and a way in by find_package or by pkg-config.
include(CMakePackageConfigHelpers)

set(_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/cerk")

install(TARGETS cerk EXPORT cerk-targets COMPONENT cerk_development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/cerk" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT cerk_development FILES_MATCHING PATTERN "*.hpp")
install(EXPORT cerk-targets NAMESPACE cerk:: DESTINATION "${_cmake_dir}"
  COMPONENT cerk_development)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/cerk-config.cmake.in"
  "${PROJECT_BINARY_DIR}/cerk-config.cmake" INSTALL_DESTINATION "${_cmake_dir}")
# Before 1.0 any minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cerk-config-version.cmake"
  COMPATIBILITY SameMinorVersion)

# Paths in the .pc file are relative to it, so that the installed tree can be moved.
file(RELATIVE_PATH CERK_PC_PREFIX
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" CERK_PC_PREFIX "${CERK_PC_PREFIX}")
get_target_property(_type cerk TYPE)
if(_type STREQUAL "STATIC_LIBRARY")
  # A static library hands its private dependencies on to whoever links it.
  set(CERK_PC_PRIVATE_REQUIRES ", sqlite3, rdkafka")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/cerk.pc.in" "${PROJECT_BINARY_DIR}/cerk.pc" @ONLY)

install(FILES
    "${PROJECT_BINARY_DIR}/cerk-config.cmake"
    "${PROJECT_BINARY_DIR}/cerk-config-version.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake"
  DESTINATION "${_cmake_dir}" COMPONENT cerk_development)
install(FILES "${PROJECT_BINARY_DIR}/cerk.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT cerk_development)

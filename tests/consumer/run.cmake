# Installs BUILD_DIR below WORK_DIR, then builds and runs the consumer there by WAY.
set(prefix "${WORK_DIR}/prefix")
set(consumer "${CMAKE_CURRENT_LIST_DIR}/project")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}/run")

macro(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${WORK_DIR}/run" COMMAND_ERROR_IS_FATAL ANY)
endmacro()

run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --config "${CONFIG}" --prefix "${prefix}"
  --component cerk_development)

if(WAY STREQUAL "find_package")
  run("${CMAKE_COMMAND}" -S "${consumer}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_BUILD_TYPE=${CONFIG}"
    "-DCMAKE_PREFIX_PATH=${prefix}")
  run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
  run("${WORK_DIR}/build/consumer")
elseif(WAY STREQUAL "pkg_config")
  find_program(PKG_CONFIG pkg-config REQUIRED)
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  # The tree was moved from where it was configured for; the loader must find a shared library too.
  set(ENV{LD_LIBRARY_PATH} "${prefix}/${LIBDIR}:$ENV{LD_LIBRARY_PATH}")
  execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs cerk
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run("${COMPILER}" -std=c++20 "${consumer}/main.cpp" -o "${WORK_DIR}/consumer" ${flags})
  run("${WORK_DIR}/consumer")
else()
  message(FATAL_ERROR "WAY is '${WAY}': expected find_package or pkg_config")
endif()

# The HTTP library: civetweb, compiled from the distribution's source as a part of
# civetweb_build.c, with the switches below. LUNETTE_CIVETWEB=system takes the distribution's
# library instead, which lacks IPv6, Unix sockets, TLS and what civetweb_build.c adds.

add_library(lun_civetweb INTERFACE)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
target_link_libraries(lun_civetweb INTERFACE PkgConfig::OPENSSL)

if(LUNETTE_CIVETWEB STREQUAL "system")
  # find_package(civetweb) is a fatal error in Debian: its targets file is not complete.
  find_path(CIVETWEB_INCLUDE civetweb.h REQUIRED)
  find_library(CIVETWEB_LIBRARY civetweb REQUIRED)
  target_include_directories(lun_civetweb SYSTEM INTERFACE ${CIVETWEB_INCLUDE})
  target_link_libraries(lun_civetweb INTERFACE ${CIVETWEB_LIBRARY})
  target_compile_definitions(lun_civetweb INTERFACE LUNETTE_SYSTEM_CIVETWEB)
  return()
endif()

if(LUNETTE_CIVETWEB STREQUAL "source")
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/.ci/civetweb
    OUTPUT_VARIABLE CIVETWEB_SOURCE OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "civetweb's source is missing; the line above has the reason")
  endif()
else()
  set(CIVETWEB_SOURCE ${LUNETTE_CIVETWEB})
endif()

# civetweb_build.c has functions of its own for these. Their definitions in civetweb.c, whose
# names begin a line, are renamed to civetweb_NAME; the calls stay and so reach ours.
set(CIVETWEB_REPLACED get_http_header_len parse_http_request get_uri_type read_message pull_all
  mg_read read_websocket sockaddr_to_string close_socket_gracefully produce_socket consume_socket
  mg_start_thread_with_id)
file(READ ${CIVETWEB_SOURCE}/src/civetweb.c text)
foreach(name ${CIVETWEB_REPLACED})
  string(FIND "${text}" "\n${name}(" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${CIVETWEB_SOURCE}/src/civetweb.c has no function ${name}: "
      "an unknown version of civetweb; build with -DLUNETTE_CIVETWEB=system")
  endif()
  string(REPLACE "\n${name}(" "\ncivetweb_${name}(" text "${text}")
endforeach()
# Threads read this flag while another one sets it.
string(REPLACE "typedef int volatile stop_flag_t;" "typedef _Atomic int stop_flag_t;" text "${text}")
file(WRITE ${CMAKE_BINARY_DIR}/civetweb/civetweb.new "${text}")
configure_file(${CMAKE_BINARY_DIR}/civetweb/civetweb.new
  ${CMAKE_BINARY_DIR}/civetweb/civetweb_renamed.c COPYONLY)

target_include_directories(lun_civetweb SYSTEM INTERFACE ${CIVETWEB_SOURCE}/include)
set_source_files_properties(src/http/civetweb_build.c PROPERTIES
  COMPILE_DEFINITIONS "USE_IPV6;USE_WEBSOCKET;USE_X_DOM_SOCKET;NO_SSL_DL;OPENSSL_API_3_0;NO_CGI;NO_FILES;NO_CACHING;NDEBUG;USE_STACK_SIZE=262144"
  COMPILE_OPTIONS "-isystem;${CIVETWEB_SOURCE}/src")

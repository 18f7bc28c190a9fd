# cmake --install and cpack: the binary, its man pages and completions, the service, the examples.

include(GNUInstallDirs)
# The service reads its options and scripts below /etc, wherever the binary lies.
set(LUNETTE_ETC /etc CACHE PATH "Where the service's options and scripts are")
set(LUNETTE_PAGES ${CMAKE_BINARY_DIR}/man)
set(LUNETTE_COMPLETIONS ${CMAKE_BINARY_DIR}/completions)

# Made by the binary itself, which a cross build can't run.
if(NOT CMAKE_CROSSCOMPILING)
  add_custom_command(OUTPUT ${LUNETTE_PAGES}/lunette.8
    COMMAND ${CMAKE_COMMAND} -E make_directory ${LUNETTE_PAGES} ${LUNETTE_COMPLETIONS}
    COMMAND lunette run ${CMAKE_SOURCE_DIR}/src/install/man.lua ${LUNETTE_PAGES}
    COMMAND sh -c "for s in bash zsh fish; do \"$<TARGET_FILE:lunette>\" completion $s > \"${LUNETTE_COMPLETIONS}/$s\"; done"
    DEPENDS lunette src/install/man.lua VERBATIM)
  add_custom_target(pages DEPENDS ${LUNETTE_PAGES}/lunette.8)
  install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_BINARY_DIR}\" --target pages COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY ${LUNETTE_PAGES}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
  install(FILES ${LUNETTE_COMPLETIONS}/bash RENAME lunette
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${LUNETTE_COMPLETIONS}/zsh RENAME _lunette
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${LUNETTE_COMPLETIONS}/fish RENAME lunette.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

install(TARGETS lunette DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATADIR}/lunette)
install(DIRECTORY ${CMAKE_BINARY_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/lunette
  FILES_MATCHING PATTERN "*.bpf.o")
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/deployment.md docs/graphql.md docs/kernels.md docs/metrics.md docs/scripts.md
  docs/tour.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
file(READ ${CMAKE_SOURCE_DIR}/LICENSE license)
set(copyright "${license}")
if(EXISTS "${CIVETWEB_SOURCE}/LICENSE.md")
  file(READ ${CIVETWEB_SOURCE}/LICENSE.md license)
  string(APPEND copyright "\n\nThe HTTP library in the binary, civetweb:\n\n${license}")
endif()
file(WRITE ${CMAKE_BINARY_DIR}/copyright "${copyright}")
install(FILES ${CMAKE_BINARY_DIR}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${WEB_DIST}/licenses.txt DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)

install(CODE "configure_file(\"${CMAKE_SOURCE_DIR}/src/install/lunette.service\"
    \"${CMAKE_BINARY_DIR}/lunette.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/lunette.service DESTINATION lib/systemd/system)
install(FILES src/install/lunette.default RENAME lunette DESTINATION ${LUNETTE_ETC}/default)
install(DIRECTORY DESTINATION ${LUNETTE_ETC}/lunette/scripts)
install(DIRECTORY lua/meta DESTINATION ${CMAKE_INSTALL_DATADIR}/lunette)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lunette)
set(CPACK_PACKAGE_VERSION ${LUNETTE_VERSION})
set(CPACK_PACKAGE_CONTACT "the Lunette developers <lunette@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scriptable eBPF explorer")
set(CPACK_PACKAGE_DESCRIPTION "Shows the BPF programs, maps, links and types that the kernel holds,
decodes maps with Lua, and gives them out as GraphQL, Prometheus metrics, a
web page, a prompt and on the command line.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "linux-perf | bpftool")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/src/install/conffiles
  ${CMAKE_SOURCE_DIR}/src/install/postinst ${CMAKE_SOURCE_DIR}/src/install/prerm
  ${CMAKE_SOURCE_DIR}/src/install/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

# SPDX-License-Identifier: MIT
#
# What is installed beside the programs, and the Debian package: `cpack -G DEB` in the build folder.
include(GNUInstallDirs)

install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Debian calls the licence of a package its copyright file (Debian Policy 12.5).
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_PACKAGE_NAME prof)
set(CPACK_PACKAGE_VENDOR "the prof authors")
set(CPACK_PACKAGE_CONTACT "the prof authors <prof@localhost.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sampling CPU profiler for native programs")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"prof runs a program written in C, C++, Rust or another compiled language and
shows which functions its CPU time goes to: as an interactive flamegraph in
one SVG file, as tables and as JSON. It needs neither privileges nor a
special build nor frame pointers, follows threads, forks and execs, and shows
inlined functions and source lines where there is debug information.")

include(CPack)

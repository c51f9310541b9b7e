# cpp-httplib as Debian packages it: a compiled library whose flags must match it, so they come
# from pkg-config. Target Httplib::httplib.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(Httplib_PC QUIET IMPORTED_TARGET cpp-httplib)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Httplib
    REQUIRED_VARS Httplib_PC_FOUND VERSION_VAR Httplib_PC_VERSION
    REASON_FAILURE_MESSAGE "install libcpp-httplib-dev and pkg-config (scripts/setup product does)")
if(Httplib_FOUND AND NOT TARGET Httplib::httplib)
    add_library(Httplib::httplib INTERFACE IMPORTED)
    set_target_properties(Httplib::httplib PROPERTIES
        INTERFACE_LINK_LIBRARIES PkgConfig::Httplib_PC)
endif()

# msgpack-c for C++ (header only), without Boost: target MsgpackCxx::msgpack.
# Debian's `find_package(msgpack)` may pick the C library, and its C++ package links Boost.
find_path(MsgpackCxx_INCLUDE_DIR NAMES msgpack.hpp)
if(MsgpackCxx_INCLUDE_DIR)
    file(STRINGS "${MsgpackCxx_INCLUDE_DIR}/msgpack/version_master.hpp" MsgpackCxx_lines
        REGEX "#define MSGPACK_VERSION_[A-Z]+ +[0-9]+")
    string(REGEX REPLACE "[^0-9;]" "" MsgpackCxx_numbers "${MsgpackCxx_lines}")
    list(JOIN MsgpackCxx_numbers "." MsgpackCxx_VERSION)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MsgpackCxx
    REQUIRED_VARS MsgpackCxx_INCLUDE_DIR VERSION_VAR MsgpackCxx_VERSION)
if(MsgpackCxx_FOUND AND NOT TARGET MsgpackCxx::msgpack)
    add_library(MsgpackCxx::msgpack INTERFACE IMPORTED)
    set_target_properties(MsgpackCxx::msgpack PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${MsgpackCxx_INCLUDE_DIR}"
        INTERFACE_COMPILE_DEFINITIONS MSGPACK_NO_BOOST)
endif()
mark_as_advanced(MsgpackCxx_INCLUDE_DIR)

# Every third-party library of the product, one declaration each: found first (Debian 12 has all of
# them), fetched second, as the release that Debian 12 packages, by the hash of its archive.
include(FetchContent)
option(ROLLCALL_FETCH "Download libraries that are not installed" ON)

# rollcall_dependency(NAME TARGET target DEBIAN package [MIN version]
#                     URL archive SHA256 hash [INCLUDE dir] [DEFINITIONS ...] [LINKS ...])
#
# Afterwards TARGET exists, visible in the whole build. INCLUDE is the header folder inside the
# archive; all of these libraries are used header-only when they are fetched. What is found is
# recorded for rollcallConfig.cmake, which has to find the same again; what is fetched turns the
# install rules off, because nobody could find it again.
function(rollcall_dependency NAME)
    cmake_parse_arguments(DEP "" "TARGET;DEBIAN;MIN;URL;SHA256;INCLUDE" "DEFINITIONS;LINKS" ${ARGN})
    set_property(GLOBAL APPEND PROPERTY ROLLCALL_DEPENDENCIES ${DEP_TARGET})
    string(STRIP "${NAME} ${DEP_MIN}" wanted)
    set_property(GLOBAL PROPERTY ROLLCALL_FIND_${DEP_TARGET} "find_dependency(${wanted})")
    if(TARGET ${DEP_TARGET})
        return()
    endif()
    set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
    find_package(${NAME} ${DEP_MIN} QUIET)
    if(TARGET ${DEP_TARGET})
        return()
    endif()

    rollcall_fetch(${NAME} "${DEP_DEBIAN}" "${DEP_URL}" "${DEP_SHA256}" root)
    # Our own find modules know more about a library than its folder.
    set(${NAME}_INCLUDE_DIR "${root}/${DEP_INCLUDE}" CACHE PATH "Fetched" FORCE)
    if(EXISTS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/Find${NAME}.cmake")
        set(CMAKE_DISABLE_FIND_PACKAGE_${NAME} OFF)
        find_package(${NAME} QUIET)
    endif()
    if(NOT TARGET ${DEP_TARGET})
        add_library(${DEP_TARGET} INTERFACE IMPORTED GLOBAL)
        set_target_properties(${DEP_TARGET} PROPERTIES
            INTERFACE_INCLUDE_DIRECTORIES "${root}/${DEP_INCLUDE}"
            INTERFACE_COMPILE_DEFINITIONS "${DEP_DEFINITIONS}"
            INTERFACE_LINK_LIBRARIES "${DEP_LINKS}")
    endif()
endfunction()

# Downloads and unpacks one archive; its folder in OUT_ROOT. FETCHCONTENT_SOURCE_DIR_<NAME> and
# FETCHCONTENT_FULLY_DISCONNECTED mean what they mean to FetchContent. Without a network it ends
# at once, with one sentence: FetchContent alone would retry for more than a minute.
function(rollcall_fetch NAME DEBIAN URL SHA256 OUT_ROOT)
    string(TOLOWER ${NAME} lower)
    string(TOUPPER ${NAME} upper)
    get_filename_component(file "${URL}" NAME)
    set(archive "${FETCHCONTENT_BASE_DIR}/${lower}-${file}")
    set(sentence "rollcall needs ${NAME}, which is not installed and cannot be downloaded")
    set(remedy "install Debian's package ${DEBIAN} or run `scripts/setup product`")
    if(NOT FETCHCONTENT_SOURCE_DIR_${upper} AND NOT EXISTS "${FETCHCONTENT_BASE_DIR}/${lower}-src")
        if(FETCHCONTENT_FULLY_DISCONNECTED OR NOT ROLLCALL_FETCH)
            message(FATAL_ERROR "${sentence} (downloads are switched off): ${remedy}.")
        endif()
        message(STATUS "rollcall: ${NAME} is not installed, downloading ${URL}")
        file(DOWNLOAD "${URL}" "${archive}" STATUS status INACTIVITY_TIMEOUT 20 TIMEOUT 300)
        list(POP_FRONT status code reason)
        if(NOT code EQUAL 0)
            file(REMOVE "${archive}")
            message(FATAL_ERROR "${sentence} (${reason}): ${remedy}.")
        endif()
    endif()
    # SOURCE_SUBDIR names a folder without a CMakeLists.txt: only the files are wanted.
    FetchContent_Declare(${NAME} URL "${archive}" URL_HASH SHA256=${SHA256}
        DOWNLOAD_EXTRACT_TIMESTAMP OFF SOURCE_SUBDIR no-build)
    FetchContent_MakeAvailable(${NAME})
    set_property(GLOBAL APPEND PROPERTY ROLLCALL_FETCHED ${NAME})
    set(${OUT_ROOT} "${${lower}_SOURCE_DIR}" PARENT_SCOPE)
endfunction()

set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
unset(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
set_property(GLOBAL APPEND PROPERTY ROLLCALL_DEPENDENCIES
    Threads::Threads OpenSSL::SSL OpenSSL::Crypto)
set_property(GLOBAL PROPERTY ROLLCALL_FIND_Threads::Threads "find_dependency(Threads)")
set_property(GLOBAL PROPERTY ROLLCALL_FIND_OpenSSL::SSL "find_dependency(OpenSSL)")
set_property(GLOBAL PROPERTY ROLLCALL_FIND_OpenSSL::Crypto "find_dependency(OpenSSL)")

rollcall_dependency(tl-expected TARGET tl::expected DEBIAN libexpected-dev
    URL https://github.com/TartanLlama/expected/archive/refs/tags/v1.0.0.tar.gz
    SHA256 8f5124085a124113e75e3890b4e923e3a4de5b26a973b891b3deb40e19c03cee
    INCLUDE include)

rollcall_dependency(Asio TARGET Asio::asio DEBIAN libasio-dev MIN 1.22
    URL https://github.com/chriskohlhoff/asio/archive/asio-1-22-1.tar.gz
    SHA256 30cb54a5de5e465d10ec0c2026d6b5917f5e89fffabdbabeb1475846fc9a2cf0
    INCLUDE asio/include)

rollcall_dependency(MsgpackCxx TARGET MsgpackCxx::msgpack DEBIAN libmsgpack-cxx-dev MIN 4.1
    URL https://github.com/msgpack/msgpack-c/archive/cpp-4.1.3.tar.gz
    SHA256 fd0a685656f11b8aa09ed33bcbdcad3105d25d0034ca3dba9fe957623a42d253
    INCLUDE include)

rollcall_dependency(nlohmann_json TARGET nlohmann_json::nlohmann_json DEBIAN nlohmann-json3-dev
    URL https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
    SHA256 d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273
    INCLUDE single_include)

rollcall_dependency(pugixml TARGET pugixml::pugixml DEBIAN libpugixml-dev MIN 1.13
    URL https://github.com/zeux/pugixml/releases/download/v1.13/pugixml-1.13.tar.gz
    SHA256 40c0b3914ec131485640fa57e55bf1136446026b41db91c1bef678186a12abbe
    INCLUDE src
    DEFINITIONS PUGIXML_HEADER_ONLY)

# Debian's is a compiled library; header-only means compiled into the few files that include it.
rollcall_dependency(Httplib TARGET Httplib::httplib DEBIAN libcpp-httplib-dev
    URL https://github.com/yhirose/cpp-httplib/archive/refs/tags/v0.11.4.zip
    SHA256 9d884bee50ded17de3a51d673bb9c2d7d11f101c595b0891830ba9d02e0cc368
    DEFINITIONS CPPHTTPLIB_OPENSSL_SUPPORT
    LINKS OpenSSL::SSL OpenSSL::Crypto Threads::Threads)

rollcall_dependency(fmt TARGET fmt::fmt DEBIAN libfmt-dev
    URL https://github.com/fmtlib/fmt/archive/9.1.0.tar.gz
    SHA256 5dea48d1fcddc3ec571ce2058e13910a0d4a6bab4cc09a809d8b1dd1c88ae6f2
    INCLUDE include
    DEFINITIONS FMT_HEADER_ONLY)

rollcall_dependency(restinio TARGET restinio::restinio DEBIAN librestinio-dev
    URL https://github.com/Stiffstream/restinio/archive/v.0.6.16.tar.gz
    SHA256 b3208d746087ba979f51b3a32e08463718c33d58720247d53ffb5bda99f4f92a
    INCLUDE dev
    LINKS Asio::asio fmt::fmt rollcall_http_parser)
# RESTinio's own package names fmt::fmt without finding it.
set_property(GLOBAL PROPERTY ROLLCALL_FIND_restinio::restinio
    "find_dependency(fmt)\nfind_dependency(restinio)")

# Debian's RESTinio configures Asio in its own way; in one program all units must see one Asio.
set_property(TARGET restinio::restinio PROPERTY INTERFACE_COMPILE_DEFINITIONS "")

# A fetched RESTinio needs the parser that Debian's package brings along: one C file.
get_property(rollcall_fetched GLOBAL PROPERTY ROLLCALL_FETCHED)
if("restinio" IN_LIST rollcall_fetched)
    enable_language(C)
    rollcall_fetch(http_parser libhttp-parser-dev
        https://github.com/nodejs/http-parser/archive/v2.9.4.tar.gz
        467b9e30fd0979ee301065e70f637d525c28193449e1b13fbcb1b1fab3ad224f
        http_parser_root)
    add_library(rollcall_http_parser STATIC "${http_parser_root}/http_parser.c")
    target_include_directories(rollcall_http_parser SYSTEM PUBLIC "${http_parser_root}")
endif()

# Optional: found, or redis:// is an error that says so.
option(ROLLCALL_REDIS "Offer redis:// if hiredis is installed" ON)
if(ROLLCALL_REDIS)
    find_package(Hiredis QUIET)
    if(TARGET Hiredis::hiredis)
        set_target_properties(Hiredis::hiredis PROPERTIES IMPORTED_GLOBAL ON)
        set_property(GLOBAL APPEND PROPERTY ROLLCALL_DEPENDENCIES Hiredis::hiredis)
        set_property(GLOBAL PROPERTY ROLLCALL_FIND_Hiredis::hiredis "find_dependency(Hiredis)")
    else()
        message(STATUS "rollcall: hiredis is not installed (Debian: libhiredis-dev), so there "
            "will be no redis://")
    endif()
endif()

if(ROLLCALL_BUILD_BINARIES)
    rollcall_dependency(CLI11 TARGET CLI11::CLI11 DEBIAN libcli11-dev
        URL https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.1.2.tar.gz
        SHA256 26291377e892ba0e5b4972cdfd4a2ab3bf53af8dac1f4ea8fe0d1376b625c8cb
        INCLUDE include)
    rollcall_dependency(spdlog TARGET spdlog::spdlog DEBIAN libspdlog-dev
        URL https://github.com/gabime/spdlog/archive/refs/tags/v1.10.0.tar.gz
        SHA256 697f91700237dbae2326b90469be32b876b2b44888302afbc7aceb68bcfe8224
        INCLUDE include
        DEFINITIONS SPDLOG_FMT_EXTERNAL
        LINKS fmt::fmt Threads::Threads)
endif()

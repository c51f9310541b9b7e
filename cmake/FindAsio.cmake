# Standalone Asio (header only): target Asio::asio.
find_path(Asio_INCLUDE_DIR NAMES asio/awaitable.hpp)
if(Asio_INCLUDE_DIR)
    file(STRINGS "${Asio_INCLUDE_DIR}/asio/version.hpp" Asio_version_line
        REGEX "#define ASIO_VERSION ")
    string(REGEX MATCH "ASIO_VERSION ([0-9]+)" _ "${Asio_version_line}")
    if(CMAKE_MATCH_1)
        math(EXPR major "${CMAKE_MATCH_1} / 100000")
        math(EXPR minor "${CMAKE_MATCH_1} / 100 % 1000")
        math(EXPR patch "${CMAKE_MATCH_1} % 100")
        set(Asio_VERSION "${major}.${minor}.${patch}")
    endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS Asio_INCLUDE_DIR VERSION_VAR Asio_VERSION)
if(Asio_FOUND AND NOT TARGET Asio::asio)
    find_package(Threads REQUIRED)
    add_library(Asio::asio INTERFACE IMPORTED)
    # Asio 1.22 does not enable coroutines under clang by itself.
    set(Asio_clang "ASIO_HAS_CO_AWAIT=1;ASIO_HAS_STD_COROUTINE=1")
    # Left to itself Asio 1.22 has std::aligned_alloc only in units that include a header of the
    # standard library before it: its allocator would differ from unit to unit in one program.
    target_include_directories(Asio::asio SYSTEM INTERFACE "${Asio_INCLUDE_DIR}")
    target_compile_definitions(Asio::asio INTERFACE
        ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_HAS_STD_ALIGNED_ALLOC=1
        "$<$<CXX_COMPILER_ID:Clang>:${Asio_clang}>")
    target_link_libraries(Asio::asio INTERFACE Threads::Threads)
endif()
mark_as_advanced(Asio_INCLUDE_DIR)

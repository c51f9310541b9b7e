# rollcall_add_module(NAME [FOLDER dir] HEADERS ... SOURCES ... DEPENDS ... [PRIVATE_DEPENDS ...])
#
# One static library `rollcall_NAME` with the alias `rollcall::NAME`. Its public headers are
# `include/rollcall/...`, listed, installed and checked to compile on their own
# (target all_verify_interface_header_sets, CMAKE_VERIFY_INTERFACE_HEADER_SETS).
add_library(rollcall_warnings INTERFACE)
target_compile_options(rollcall_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    # g++ 12 sees an overlap in every optimised `"literal" + std::string` (GCC bug 105651).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
if(ROLLCALL_WERROR)
    target_compile_options(rollcall_warnings INTERFACE -Werror)
endif()

function(rollcall_add_module NAME)
    cmake_parse_arguments(MODULE "" "" "HEADERS;SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
    set(target rollcall_${NAME})
    if(MODULE_SOURCES)
        add_library(${target} STATIC ${MODULE_SOURCES})
        set(scope PUBLIC)
        target_link_libraries(${target} PRIVATE
            $<BUILD_INTERFACE:rollcall_warnings> ${MODULE_PRIVATE_DEPENDS})
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        # In code that may become part of a shared library g++ inlines nothing that another library
        # could replace, unless it is told that none does; clang assumes it.
        target_compile_options(${target} PRIVATE
            $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-fno-semantic-interposition>)
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(rollcall::${NAME} ALIAS ${target})
    target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS include FILES ${MODULE_HEADERS})
    target_compile_features(${target} ${scope} cxx_std_20)
    target_link_libraries(${target} ${scope} ${MODULE_DEPENDS})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${NAME})
    set_property(GLOBAL APPEND PROPERTY ROLLCALL_MODULES ${target})
endfunction()

# Makes one HTML text of the page's sources and writes it as C++, with the Content-Security-Policy
# that allows exactly its own style and script.
#   cmake -DSOURCE=folder -DSTYLES=a;b -DSCRIPTS=a;b -DNAMESPACE=ns -DOUTPUT=page_text.cpp
#       -P embed_page.cmake

# The bytes that a hexadecimal text stands for, in base64: three bytes are four letters.
function(base64_of_hex OUT hex)
    set(letters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    string(LENGTH "${hex}" digits)
    set(result "")
    foreach(start RANGE 0 ${digits} 6)
        string(SUBSTRING "${hex}" ${start} 6 part)
        string(LENGTH "${part}" length)
        if(length EQUAL 0)
            break()
        endif()
        string(SUBSTRING "${part}0000" 0 6 padded)
        math(EXPR number "0x${padded}")
        foreach(shift 18 12 6 0)
            math(EXPR place "(${number} >> ${shift}) & 63")
            string(SUBSTRING "${letters}" ${place} 1 letter)
            string(APPEND result "${letter}")
        endforeach()
        if(length LESS 6)
            # Two hexadecimal digits give two letters, four give three.
            math(EXPR missing "(6 - ${length}) / 2")
            string(LENGTH "${result}" size)
            math(EXPR size "${size} - ${missing}")
            string(SUBSTRING "${result}" 0 ${size} result)
            string(REPEAT "=" ${missing} fill)
            string(APPEND result "${fill}")
        endif()
    endforeach()
    set(${OUT} "${result}" PARENT_SCOPE)
endfunction()

function(joined OUT)
    set(text "\n")
    foreach(name IN LISTS ARGN)
        file(READ "${SOURCE}/${name}" part)
        string(APPEND text "${part}")
    endforeach()
    set(${OUT} "${text}" PARENT_SCOPE)
endfunction()

joined(style ${STYLES})
joined(script ${SCRIPTS})
# A text that ended the element it is in would be cut off there by the browser.
if(style MATCHES "</style" OR script MATCHES "</script")
    message(FATAL_ERROR "the page's style or script holds the end of its own element")
endif()
string(SHA256 style_hash "${style}")
string(SHA256 script_hash "${script}")
base64_of_hex(style_hash "${style_hash}")
base64_of_hex(script_hash "${script_hash}")
file(READ "${SOURCE}/index.html" page)
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
string(SHA256 etag "${page}")
string(SUBSTRING "${etag}" 0 16 etag)

file(WRITE "${OUTPUT}.html" "${page}")
file(READ "${OUTPUT}.html" bytes HEX)
file(REMOVE "${OUTPUT}.html")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Made by cmake/embed_page.cmake.
#include <rollcall/http/page.h>

namespace ${NAMESPACE} {
namespace {

constexpr unsigned char kBytes[] = {
${bytes}};

}  // namespace

extern const rollcall::http::Page kPage;
const rollcall::http::Page kPage{kBytes, sizeof kBytes, \"\\\"${etag}\\\"\",
    \"sha256-${style_hash}\", \"sha256-${script_hash}\"};

}  // namespace ${NAMESPACE}
")

# rollcall_embed_page(TARGET NAMESPACE ns STYLES a.css ... SCRIPTS a.js ...): makes the page of the
# folder page/, whose index.html has the places @STYLE@ and @SCRIPT@, a part of the target:
# `const rollcall::http::Page kPage` in the namespace.
function(rollcall_embed_page TARGET)
    cmake_parse_arguments(PAGE "" "NAMESPACE" "STYLES;SCRIPTS" ${ARGN})
    set(folder "${CMAKE_CURRENT_SOURCE_DIR}/page")
    set(text "${CMAKE_CURRENT_BINARY_DIR}/page_text.cpp")
    set(sources ${PAGE_STYLES} ${PAGE_SCRIPTS} index.html)
    list(TRANSFORM sources PREPEND "${folder}/")
    add_custom_command(
        OUTPUT "${text}"
        COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${folder}" "-DSTYLES=${PAGE_STYLES}"
            "-DSCRIPTS=${PAGE_SCRIPTS}" "-DNAMESPACE=${PAGE_NAMESPACE}" "-DOUTPUT=${text}"
            -P "${PROJECT_SOURCE_DIR}/cmake/embed_page.cmake"
        DEPENDS "${PROJECT_SOURCE_DIR}/cmake/embed_page.cmake" ${sources}
        COMMENT "Embedding the page of ${TARGET}"
        VERBATIM)
    target_sources(${TARGET} PRIVATE "${text}")
endfunction()

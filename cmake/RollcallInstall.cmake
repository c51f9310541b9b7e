# Install rules: the modules with their headers, a package that find_package(rollcall) finds, and
# the binaries. rollcallConfig.cmake finds exactly the libraries that the modules link.
include(CMakePackageConfigHelpers)

get_property(fetched GLOBAL PROPERTY ROLLCALL_FETCHED)
if(fetched)
    message(STATUS "rollcall: no install rules, because these libraries were downloaded "
        "and an installed rollcall could not find them: ${fetched}")
    return()
endif()

get_property(modules GLOBAL PROPERTY ROLLCALL_MODULES)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rollcall")

set(linked "")
foreach(module IN LISTS modules)
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
        get_target_property(libraries ${module} ${property})
        list(APPEND linked ${libraries})
    endforeach()
endforeach()
get_property(known GLOBAL PROPERTY ROLLCALL_DEPENDENCIES)
set(finds "")
foreach(dependency IN LISTS known)
    if("${linked}" MATCHES "${dependency}")
        get_property(find GLOBAL PROPERTY ROLLCALL_FIND_${dependency})
        list(APPEND finds "${find}")
    endif()
endforeach()
list(REMOVE_DUPLICATES finds)
list(JOIN finds "\n" ROLLCALL_FIND_DEPENDENCIES)

install(TARGETS ${modules} rollcall_rollcall EXPORT rollcallTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT rollcallTargets NAMESPACE rollcall:: DESTINATION "${package_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/rollcallConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/cmake/rollcallConfig.cmake" INSTALL_DESTINATION "${package_dir}")
# Before 1.0 a new minor version may change the API.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/rollcallConfigVersion.cmake"
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/cmake/rollcallConfig.cmake"
    "${PROJECT_BINARY_DIR}/cmake/rollcallConfigVersion.cmake"
    DESTINATION "${package_dir}")
install(FILES
    "${CMAKE_CURRENT_LIST_DIR}/FindAsio.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/FindHiredis.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/FindHttplib.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/FindMsgpackCxx.cmake"
    DESTINATION "${package_dir}/modules")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

foreach(binary rollcall-registry rollcall calculator-server)
    if(TARGET ${binary})
        install(TARGETS ${binary} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    endif()
endforeach()

if(TARGET rollcall-registry)
    configure_file("${PROJECT_SOURCE_DIR}/packaging/rollcall-registry.service.in"
        "${PROJECT_BINARY_DIR}/packaging/rollcall-registry.service" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/packaging/rollcall-registry.service"
        DESTINATION lib/systemd/system)
endif()

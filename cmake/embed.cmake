# Files that become part of the program: see cmake/embed.c.
add_executable(embed cmake/embed.c)

# embed_files(<symbol> <out variable> <folder> <glob>...): sources of a set of files.
function(embed_files symbol out folder)
    set(files)
    foreach(glob IN LISTS ARGN)
        file(GLOB found CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/${folder}
             ${CMAKE_SOURCE_DIR}/${folder}/${glob})
        list(APPEND files ${found})
    endforeach()
    list(SORT files)
    set(paths ${files})
    list(TRANSFORM paths PREPEND ${CMAKE_SOURCE_DIR}/${folder}/)
    set(c ${CMAKE_BINARY_DIR}/gen/${folder}/${symbol}.c)
    cmake_path(GET c PARENT_PATH parent)
    file(MAKE_DIRECTORY ${parent})
    add_custom_command(OUTPUT ${c} DEPENDS embed ${paths}
        COMMAND embed files ${c} ${symbol} ${CMAKE_SOURCE_DIR}/${folder} ${files} VERBATIM)
    set(${out} ${c} PARENT_SCOPE)
endfunction()

file(GLOB queries CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/store/query/*.sql)
list(SORT queries)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/gen/store)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen/store/query.def DEPENDS embed ${queries}
    COMMAND embed queries ${CMAKE_BINARY_DIR}/gen/store/query.def ${queries} VERBATIM)
add_custom_target(queries DEPENDS ${CMAKE_BINARY_DIR}/gen/store/query.def)

# Embeds the files below web-demo/ that browsers ask for: build/generated/assets_table.c, made by embed.cmake.
file(GLOB_RECURSE assets CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/web-demo/*.html ${CMAKE_SOURCE_DIR}/web-demo/*.js ${CMAKE_SOURCE_DIR}/web-demo/*.css
    ${CMAKE_SOURCE_DIR}/web-demo/*.svg ${CMAKE_SOURCE_DIR}/web-demo/*.json ${CMAKE_SOURCE_DIR}/web-demo/*.webmanifest
    ${CMAKE_SOURCE_DIR}/web-demo/*.png)
list(SORT assets)
find_program(GZIP gzip REQUIRED)
set(assets_table ${CMAKE_BINARY_DIR}/generated/assets_table.c)
string(REPLACE ";" "\n" assets_lines "${assets}")
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/generated/assets.list CONTENT "${assets_lines}\n")
add_custom_command(OUTPUT ${assets_table}
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR}/web-demo -DLIST=${CMAKE_BINARY_DIR}/generated/assets.list
            -DOUT=${assets_table} -DPACKED=${CMAKE_BINARY_DIR}/generated/packed -DGZIP=${GZIP}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${assets} ${CMAKE_BINARY_DIR}/generated/assets.list ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding the page and the SDK" VERBATIM)
target_sources(parley_signaling PRIVATE ${assets_table})

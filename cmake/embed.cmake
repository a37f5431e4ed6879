# Writes OUT, the table of the files named in LIST, which lie below ROOT; gzip forms go to PACKED. Run by assets.cmake.
set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_json "application/json")
set(type_webmanifest "application/manifest+json")
set(type_png "image/png")

file(STRINGS ${LIST} files)
file(MAKE_DIRECTORY ${PACKED})
set(symbols "")
set(rows "")
set(count 0)
foreach(file ${files})
    if(NOT EXISTS ${file})
        continue()
    endif()
    file(RELATIVE_PATH path ${ROOT} ${file})
    get_filename_component(extension ${file} LAST_EXT)
    string(SUBSTRING ${extension} 1 -1 extension)
    file(SHA256 ${file} sum)
    string(SUBSTRING ${sum} 0 16 tag)
    execute_process(COMMAND ${GZIP} -9 -n -c ${file} OUTPUT_FILE ${PACKED}/${count}.gz COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND symbols "EMBED(asset_${count}, \"${file}\")\nEMBED(packed_${count}, \"${PACKED}/${count}.gz\")\n")
    string(APPEND rows "    {\"/${path}\", \"${type_${extension}}\", \"\\\"${tag}\\\"\", \"\\\"${tag}-gz\\\"\", "
        "asset_${count}, asset_${count}_end, packed_${count}, packed_${count}_end},\n")
    math(EXPR count "${count} + 1")
endforeach()

file(WRITE ${OUT} "/* Made by cmake/embed.cmake; not to be edited. */
#include \"signaling/assets.h\"

#define EMBED(name, file) \\
    __asm__(\".pushsection .rodata\\n\" #name \": .incbin \\\"\" file \"\\\"\\n\" #name \"_end: .byte 0\\n.popsection\"); \\
    extern const char name[], name##_end[];

${symbols}
const struct asset assets[] = {
${rows}    {0},
};
const unsigned long assets_count = ${count};
")

# Puts files into a program. As a module it gives
#   newswire_embed(TARGET NAME FILES…): adds `const struct embedded NAME[]` (common/embedded.h), one entry a
#   file in this order, to the target; ends with an entry without a name.
# As a script (cmake -DOUT=… -DNAME=… -DFILES=… -P embed.cmake) it writes that C file.
if(CMAKE_SCRIPT_MODE_FILE)
    set(arrays "")
    set(entries "")
    set(i 0)
    foreach(file ${FILES})
        file(READ ${file} hex HEX)
        file(SIZE ${file} size)
        get_filename_component(base ${file} NAME)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
        string(APPEND arrays "static const unsigned char file_${i}[] = {${bytes}0};\n")
        string(APPEND entries "    {\"${base}\", file_${i}, ${size}},\n")
        math(EXPR i "${i} + 1")
    endforeach()
    file(WRITE ${OUT} "#include \"common/embedded.h\"\n\n${arrays}\nconst struct embedded ${NAME}[] = {\n${entries}    {0, 0, 0},\n};\n")
    return()
endif()

set(NEWSWIRE_EMBED ${CMAKE_CURRENT_LIST_FILE})

function(newswire_embed target name)
    set(files ${ARGN})
    list(TRANSFORM files PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} "-DFILES=${files}" -P ${NEWSWIRE_EMBED}
        DEPENDS ${files} ${NEWSWIRE_EMBED} VERBATIM)
    target_sources(${target} PRIVATE ${out})
endfunction()

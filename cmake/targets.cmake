# How newswire's own targets are declared: one line each.

# newswire_library(NAME SOURCES… LINK targets…): a static library of our own code.
# Headers are included by their path from the top: "common/buf.h", "services/sink/store.h".
function(newswire_library name)
    cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
    add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE warnings PUBLIC ${ARG_LINK})
endfunction()

# newswire_program(NAME SOURCES… LINK targets…): an executable in bin/.
function(newswire_program name)
    cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE warnings ${ARG_LINK})
endfunction()

# newswire_test(NAME SOURCES… LINK targets…): a cmocka program that ctest runs as NAME, in the
# test's own source folder (fixtures are named relative to it).
function(newswire_test name)
    cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
    newswire_program(${name} ${ARG_UNPARSED_ARGUMENTS} LINK ${ARG_LINK} dep::cmocka)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# newswire_fuzzer(NAME SOURCE LINK targets…): NAME is a libFuzzer program in the fuzz preset. In every
# other preset it is a test that runs the same function over its corpus, tests/fuzz/corpus/NAME.
function(newswire_fuzzer name source)
    cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
    if(NEWSWIRE_FUZZ)
        newswire_program(${name} ${source} LINK ${ARG_LINK})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        newswire_program(${name} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c LINK ${ARG_LINK})
        add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
        set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 120)
    endif()
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()

# newswire_proto(NAME FILES…): C code for the messages, relative to proto/.
function(newswire_proto name)
    set(generated)
    foreach(file ${ARGN})
        string(REPLACE .proto .pb-c stem ${file})
        set(out ${CMAKE_CURRENT_BINARY_DIR}/${stem})
        add_custom_command(OUTPUT ${out}.c ${out}.h
            COMMAND ${PROTOC_C} -I${CMAKE_CURRENT_SOURCE_DIR} --c_out=${CMAKE_CURRENT_BINARY_DIR} ${file}
            DEPENDS ${ARGN})
        list(APPEND generated ${out}.c)
    endforeach()
    add_library(${name} STATIC ${generated})
    target_include_directories(${name} SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(${name} PUBLIC dep::protobuf-c)
endfunction()

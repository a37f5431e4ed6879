# The simulator (tests/sim): the core without sockets, with its planted bugs and rare branches; and the checker of histories.
file(GLOB checker CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/checker*.c ${CMAKE_SOURCE_DIR}/tests/sim/history*.c)
add_library(parley_checker STATIC ${checker})
target_link_libraries(parley_checker PUBLIC parley_base)
add_executable(check_history ${CMAKE_SOURCE_DIR}/tests/sim/check_history.c)
target_link_libraries(check_history PRIVATE parley_checker)
add_executable(test_checker ${CMAKE_SOURCE_DIR}/tests/sim/test_checker.c)
target_link_libraries(test_checker PRIVATE parley_checker PkgConfig::CMOCKA)
add_test(NAME sim/test_checker COMMAND test_checker)

# All that knows no sockets; PARLEY_SIM makes base/planted.h ask the simulator.
set(sources ${checker})
foreach(folder base auth turn rooms cluster signaling)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
    list(APPEND sources ${found})
endforeach()
list(APPEND sources ${CMAKE_SOURCE_DIR}/ops/log.c ${CMAKE_SOURCE_DIR}/ops/metrics.c)
list(FILTER sources EXCLUDE REGEX "cluster/(lookup|redis)|signaling/(assets|connection|dev_mode|health|http|listener|main|routes|serve|settings|tls|worker|redis_log)")
add_library(parley_simulated STATIC EXCLUDE_FROM_ALL ${sources})
target_compile_definitions(parley_simulated PUBLIC PARLEY_SIM)
target_link_libraries(parley_simulated PUBLIC parley_flags PkgConfig::CJOSE PkgConfig::JSONC PkgConfig::OPENSSL m pthread)

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/*.c)
list(REMOVE_ITEM sources ${checker} ${CMAKE_SOURCE_DIR}/tests/sim/check_history.c
    ${CMAKE_SOURCE_DIR}/tests/sim/test_checker.c)
list(APPEND sources ${CMAKE_SOURCE_DIR}/tests/cluster/support/lease_model.c)
add_executable(sim EXCLUDE_FROM_ALL ${sources})
target_link_libraries(sim PRIVATE parley_simulated)
target_link_options(sim PRIVATE -Wl,--wrap=random_fill,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free)

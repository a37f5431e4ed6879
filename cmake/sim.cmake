# The simulator (tests/sim): the core without sockets, built with its planted bugs and rare branches, and the checker of histories.
file(GLOB checker CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/checker*.c ${CMAKE_SOURCE_DIR}/tests/sim/history*.c)
add_library(parley_checker STATIC ${checker})
target_link_libraries(parley_checker PUBLIC parley_base)
add_executable(check_history ${CMAKE_SOURCE_DIR}/tests/sim/check_history.c)
target_link_libraries(check_history PRIVATE parley_checker)

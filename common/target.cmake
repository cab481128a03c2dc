# What every target of ours shares. A target says `supervisor_target(NAME)` after it is declared.

# The sanitizers apply to all code of a tree, so this is the one global flag.
if(SUPERVISOR_SANITIZE)
  # vptr opens a pipe for a check, which fails in the tests that use descriptors up.
  add_compile_options(-fsanitize=${SUPERVISOR_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SUPERVISOR_SANITIZE})
endif()
if(SUPERVISOR_FUZZ)
  # Clang 14 cannot compile coroutines with its check of function pointers' types.
  add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()

function(supervisor_target target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow
                         -Wno-missing-field-initializers)  # designated initialisers leave out what has a default
  if(SUPERVISOR_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED SUPERVISOR_VERSION="${PROJECT_VERSION}")
endfunction()

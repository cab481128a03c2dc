# gRPC as Debian's archives, with libc shared: the target `static_grpc`. Protobuf is its user's to choose.
# Debian's CMake targets for gRPC are shared only, so the names come from pkg-config. They refer to each other in circles,
# hence --start-group.
pkg_check_modules(grpc_static REQUIRED grpc++)

set(static_grpc_archives)
set(static_grpc_system)
foreach(name IN LISTS grpc_static_STATIC_LIBRARIES)
  find_library(static_grpc_${name} lib${name}.a)
  mark_as_advanced(static_grpc_${name})
  if(name MATCHES "^(dl|rt|m|pthread|atomic|stdc\\+\\+)$" OR NOT static_grpc_${name})
    list(APPEND static_grpc_system -l${name})
  else()
    list(APPEND static_grpc_archives ${static_grpc_${name}})
  endif()
endforeach()
list(REMOVE_DUPLICATES static_grpc_archives)
list(REMOVE_DUPLICATES static_grpc_system)

add_library(static_grpc INTERFACE)
target_link_libraries(static_grpc INTERFACE
  -Wl,--start-group ${static_grpc_archives} -Wl,--end-group -Wl,--as-needed ${static_grpc_system} Threads::Threads)

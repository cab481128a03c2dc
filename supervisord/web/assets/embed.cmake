# Writes OUT, a C++ source that holds the FILES (separated by '|') of DIRECTORY as strings.
#   cmake -DDIRECTORY=... -DFILES=scripts/a.js|b.css -DOUT=... -P embed.cmake
string(REPLACE "|" ";" names "${FILES}")
set(rows "")
foreach(name IN LISTS names)
  file(READ ${DIRECTORY}/${name} bytes)
  if(name MATCHES "[.]js$")
    set(type "text/javascript; charset=utf-8")
  elseif(name MATCHES "[.]css$")
    set(type "text/css; charset=utf-8")
  else()
    set(type "image/svg+xml")
  endif()
  string(APPEND rows "    {\"/${name}\", \"${type}\", R\"asset(${bytes})asset\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"supervisord/web/assets.hpp\"

namespace supervisord::web {

std::span<const Asset> assets() {
  static constexpr Asset all[] = {
${rows}  };
  return all;
}

}  // namespace supervisord::web
")

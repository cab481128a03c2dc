// echo_supervisord_conf: prints a commented sample of every section and option, for a file to begin
// with:  echo_supervisord_conf > /etc/supervisord.conf
#include <cstdio>

#include "supervisord/echo_supervisord_conf/sample.hpp"

int main() {
  const std::string_view text = supervisord::sample_configuration;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}

#include "supervisord/spawner/program_pipes.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string>

namespace supervisord::spawner {
namespace {

using common::Result;
using common::UniqueFd;

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

enum class ProgramsEnd { reads, writes };

Result<Ends> make_ends(ProgramsEnd end) {
  auto pipe = common::make_pipe();
  if (!pipe) return pipe.error();
  UniqueFd& ours = end == ProgramsEnd::reads ? pipe->write_end : pipe->read_end;
  UniqueFd& theirs = end == ProgramsEnd::reads ? pipe->read_end : pipe->write_end;
  if (const auto set = common::set_blocking(ours.get(), common::Blocking::no); !set)
    return set.error();
  const std::string path = "/proc/self/fd/" + std::to_string(theirs.get());
  UniqueFd both_ways{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  // Without /proc the program is as any other: it ends when its reader does.
  return Ends{std::move(ours), both_ways ? std::move(both_ways) : std::move(theirs)};
}

Result<Ends> make_output(bool has_pipe) {
  if (has_pipe) return make_ends(ProgramsEnd::writes);
  UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (!null) return common::system_error("/dev/null", errno);
  return Ends{{}, std::move(null)};
}

Result<Ends> make_input(const std::optional<int>& given) {
  if (!given) return make_ends(ProgramsEnd::reads);
  auto same = common::duplicate(*given);
  if (!same) return same.error();
  return Ends{{}, std::move(*same)};
}

}  // namespace

std::vector<int> ProgramPipes::child_numbers() const {
  std::vector<int> numbers;
  for (const UniqueFd& fd : child_ends) numbers.push_back(fd.get());
  return numbers;
}

Result<ProgramPipes> make_program_pipes(StderrTo stderr_to, const Unpiped& unpiped) {
  auto input = make_input(unpiped.input);
  if (!input) return input.error();
  auto output = make_output(!unpiped.output);
  if (!output) return output.error();

  ProgramPipes pipes;
  pipes.stdin_end = std::move(input->ours);
  pipes.stdout_end = std::move(output->ours);
  auto error =
      stderr_to == StderrTo::own_pipe ? make_output(!unpiped.error) : [&]() -> Result<Ends> {
    auto same = common::duplicate(output->theirs.get());
    if (!same) return same.error();
    return Ends{{}, std::move(*same)};
  }();
  if (!error) return error.error();
  pipes.stderr_end = std::move(error->ours);
  pipes.child_ends.push_back(std::move(input->theirs));
  pipes.child_ends.push_back(std::move(output->theirs));
  pipes.child_ends.push_back(std::move(error->theirs));
  pipes.targets = {0, 1, 2};
  return pipes;
}

}  // namespace supervisord::spawner

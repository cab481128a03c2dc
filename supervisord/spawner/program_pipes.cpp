#include "supervisord/spawner/program_pipes.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string>

namespace supervisord::spawner {
namespace {

using common::Result;
using common::UniqueFd;

struct Output {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Output> make_output() {
  auto pipe = common::make_pipe();
  if (!pipe) return pipe.error();
  if (const auto set = common::set_blocking(pipe->read_end.get(), common::Blocking::no); !set)
    return set.error();
  const std::string path = "/proc/self/fd/" + std::to_string(pipe->write_end.get());
  UniqueFd both_ways{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  // Without /proc the program is as any other: it ends when its reader does.
  return Output{std::move(pipe->read_end),
                both_ways ? std::move(both_ways) : std::move(pipe->write_end)};
}

}  // namespace

std::vector<int> ProgramPipes::child_numbers() const {
  std::vector<int> numbers;
  for (const UniqueFd& fd : child_ends) numbers.push_back(fd.get());
  return numbers;
}

Result<ProgramPipes> make_program_pipes(StderrTo stderr_to) {
  auto input = common::make_pipe();
  if (!input) return input.error();
  if (const auto set = common::set_blocking(input->write_end.get(), common::Blocking::no); !set)
    return set.error();
  auto output = make_output();
  if (!output) return output.error();

  ProgramPipes pipes;
  pipes.stdin_end = std::move(input->write_end);
  pipes.stdout_end = std::move(output->ours);
  auto error = stderr_to == StderrTo::own_pipe ? make_output() : [&]() -> Result<Output> {
    auto same = common::duplicate(output->theirs.get());
    if (!same) return same.error();
    return Output{{}, std::move(*same)};
  }();
  if (!error) return error.error();
  pipes.stderr_end = std::move(error->ours);
  pipes.child_ends.push_back(std::move(input->read_end));
  pipes.child_ends.push_back(std::move(output->theirs));
  pipes.child_ends.push_back(std::move(error->theirs));
  pipes.targets = {0, 1, 2};
  return pipes;
}

}  // namespace supervisord::spawner

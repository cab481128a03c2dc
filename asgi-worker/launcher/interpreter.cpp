#include "asgi-worker/launcher/interpreter.hpp"

#include <string_view>

namespace asgi_worker::launcher {
namespace {

std::string joined(std::string_view directory, std::string_view name) {
  if (name.starts_with('/')) return std::string{name};
  std::string path{directory};
  if (!path.ends_with('/')) path += '/';
  return path.append(name);
}

std::string parent(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string{path.substr(0, slash)};
}

/// The first executable of that name in PATH's directories; an empty element is the current one.
std::optional<std::string> on_path(std::string_view name, const Question& question,
                                   const Files& files) {
  std::string_view rest = question.path;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const auto element = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    const auto directory = joined(question.working_directory, element);
    if (auto found = joined(directory, name); files.is_executable(found)) return found;
  }
  return std::nullopt;
}

/// bin/python3 or bin/python of a virtual environment.
std::optional<std::string> in_environment(const std::string& directory, const Files& files) {
  for (const char* const name : {"bin/python3", "bin/python"})
    if (auto found = joined(directory, name); files.is_executable(found)) return found;
  return std::nullopt;
}

/// The virtual environment whose bin/ the command was called in: pyvenv.cfg beside it, or above.
std::optional<std::string> environment_of_command(const Question& question, const Files& files) {
  std::string command = question.command;
  if (command.find('/') == std::string::npos)
    command = on_path(command, question, files).value_or(std::string{});
  if (command.empty()) return std::nullopt;
  const auto beside = parent(joined(question.working_directory, command));
  for (const auto& directory : {beside, parent(beside)})
    if (files.is_file(joined(directory, "pyvenv.cfg"))) return directory;
  return std::nullopt;
}

/// --python takes a file, a virtual environment, or a name to be found on PATH.
std::optional<std::string> as_asked(const std::string& python, const Question& question,
                                    const Files& files) {
  const auto path = joined(question.working_directory, python);
  if (files.is_directory(path)) return in_environment(path, files);
  if (files.is_executable(path)) return path;
  return python.find('/') == std::string::npos ? on_path(python, question, files) : std::nullopt;
}

}  // namespace

Answer find_interpreter(const Question& question, const Files& files) {
  Answer answer;
  const auto look = [&](std::string what, std::optional<std::string> found) {
    answer.looked_for.push_back(std::move(what));
    answer.interpreter = std::move(found);
    return answer.interpreter.has_value();
  };
  if (question.python) {  // asked for by name: nothing else will do
    look("--python " + *question.python, as_asked(*question.python, question, files));
    return answer;
  }
  if (!question.virtual_env.empty() &&
      look("VIRTUAL_ENV=" + question.virtual_env, in_environment(question.virtual_env, files)))
    return answer;
  if (const auto environment = environment_of_command(question, files);
      look("pyvenv.cfg beside or above " + question.command,
           environment ? in_environment(*environment, files) : std::nullopt))
    return answer;

  std::vector<std::string> directories{question.working_directory};
  if (question.app_dir && !question.app_dir->empty())
    directories.push_back(joined(question.working_directory, *question.app_dir));
  for (const auto& directory : directories) {
    for (const char* const name : {".venv", "venv"}) {
      const auto environment = joined(directory, name);
      if (!look(environment, in_environment(environment, files))) continue;
      answer.remark = "using the virtual environment " + environment;
      return answer;
    }
  }
  look("python3 on PATH", on_path("python3", question, files));
  return answer;
}

void read_arguments(const std::vector<std::string>& arguments, Question& question) {
  const auto value_of = [&](std::size_t& index,
                            std::string_view flag) -> std::optional<std::string> {
    const std::string_view word = arguments[index];
    if (word == flag)
      return index + 1 < arguments.size() ? std::optional{arguments[++index]} : std::nullopt;
    if (word.starts_with(flag) && word.substr(flag.size()).starts_with('='))
      return std::string{word.substr(flag.size() + 1)};
    return std::nullopt;
  };
  for (std::size_t index = 0; index < arguments.size() && arguments[index] != "--"; ++index) {
    if (auto python = value_of(index, "--python"))
      question.python = std::move(python);
    else if (auto app_dir = value_of(index, "--app-dir"))
      question.app_dir = std::move(app_dir);
  }
}

}  // namespace asgi_worker::launcher

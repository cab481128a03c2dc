#include "asgi-worker/launcher/interpreter.hpp"

#include <gtest/gtest.h>

#include <set>

namespace asgi_worker::launcher {
namespace {

class FakeFiles : public Files {
 public:
  FakeFiles(std::set<std::string> files, std::set<std::string> executables)
      : files_{std::move(files)}, executables_{std::move(executables)} {}
  bool is_file(const std::string& path) const override {
    return files_.contains(path) || executables_.contains(path);
  }
  bool is_directory(const std::string& path) const override {
    for (const auto* paths : {&files_, &executables_})
      for (const auto& file : *paths)
        if (file.starts_with(path + "/")) return true;
    return false;
  }
  bool is_executable(const std::string& path) const override { return executables_.contains(path); }

 private:
  std::set<std::string> files_;
  std::set<std::string> executables_;
};

Question plain() {
  return {.command = "asgi-worker",
          .working_directory = "/app",
          .python = {},
          .app_dir = {},
          .virtual_env = "",
          .path = "/usr/bin"};
}

const FakeFiles everything{
    {"/opt/site/pyvenv.cfg", "/flat/pyvenv.cfg"},
    {"/usr/bin/python3", "/usr/bin/python3.11", "/usr/bin/asgi-worker", "/active/bin/python",
     "/opt/site/bin/python3", "/opt/site/bin/asgi-worker", "/flat/bin/python3",
     "/app/.venv/bin/python3", "/app/src/venv/bin/python3"}};

struct Row {
  const char* name;
  Question question;
  const char* interpreter;  // "": none
};
class Interpreter : public testing::TestWithParam<Row> {};

TEST_P(Interpreter, IsFoundWhereTheTableSays) {
  EXPECT_EQ(find_interpreter(GetParam().question, everything).interpreter.value_or(""),
            GetParam().interpreter);
}

Question with(void (*change)(Question&)) {
  Question question = plain();
  change(question);
  return question;
}

INSTANTIATE_TEST_SUITE_P(
    Search, Interpreter,
    testing::Values(
        Row{"PythonAsAFile", with([](Question& q) { q.python = "/usr/bin/python3.11"; }),
            "/usr/bin/python3.11"},
        Row{"PythonAsAnEnvironment", with([](Question& q) { q.python = "/opt/site"; }),
            "/opt/site/bin/python3"},
        Row{"PythonAsAName", with([](Question& q) { q.python = "python3.11"; }),
            "/usr/bin/python3.11"},
        Row{"PythonThatIsNotThereEndsTheSearch", with([](Question& q) { q.python = "/no"; }), ""},
        Row{"ActiveEnvironment", with([](Question& q) {
              q.virtual_env = "/active";
              q.command = "/opt/site/bin/asgi-worker";
            }),
            "/active/bin/python"},
        Row{"DeadActiveEnvironmentIsPassedOver", with([](Question& q) {
              q.virtual_env = "/gone";
              q.command = "/opt/site/bin/asgi-worker";
            }),
            "/opt/site/bin/python3"},
        Row{"ConfigurationAboveTheCommand",
            with([](Question& q) { q.command = "/opt/site/bin/asgi-worker"; }),
            "/opt/site/bin/python3"},
        Row{"ConfigurationBesideTheCommand",
            with([](Question& q) { q.command = "/flat/asgi-worker"; }), "/flat/bin/python3"},
        Row{"CommandByNameIsLookedUpOnPath",
            with([](Question& q) { q.path = "/opt/site/bin:/usr/bin"; }), "/opt/site/bin/python3"},
        Row{"DotVenvInTheWorkingDirectory", plain(), "/app/.venv/bin/python3"},
        Row{"VenvInTheApplicationsDirectory", with([](Question& q) {
              q.working_directory = "/else";
              q.app_dir = "/app/src";
            }),
            "/app/src/venv/bin/python3"},
        Row{"PythonOnPath", with([](Question& q) { q.working_directory = "/else"; }),
            "/usr/bin/python3"},
        Row{"Nowhere", with([](Question& q) {
              q.working_directory = "/else";
              q.path = "/no";
            }),
            ""}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(InterpreterAnswer, RemarksOnAnEnvironmentThatNobodyNamed) {
  EXPECT_EQ(find_interpreter(plain(), everything).remark,
            "using the virtual environment /app/.venv");
  EXPECT_EQ(
      find_interpreter(with([](Question& q) { q.virtual_env = "/active"; }), everything).remark,
      "");
}

TEST(InterpreterAnswer, NamesWhatItLookedForInOrder) {
  const auto question = with([](Question& q) {
    q.working_directory = "/else";
    q.path = "/no";
    q.virtual_env = "/gone";
  });
  const std::vector<std::string> expected{"VIRTUAL_ENV=/gone",
                                          "pyvenv.cfg beside or above asgi-worker", "/else/.venv",
                                          "/else/venv", "python3 on PATH"};
  EXPECT_EQ(find_interpreter(question, everything).looked_for, expected);
}

TEST(InterpreterArguments, AreReadInBothSpellingsUpToTheDoubleDash) {
  Question question = plain();
  read_arguments({"--python", "a", "--app-dir=src", "main:app", "--", "--python=b"}, question);
  EXPECT_EQ(question.python, "a");
  EXPECT_EQ(question.app_dir, "src");
}

}  // namespace
}  // namespace asgi_worker::launcher

#include "asgi-worker/worker/core.hpp"

#include <functional>
#include <memory>
#include <optional>

#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/error.hpp"
#include "asgi-worker/server/access_sink.hpp"
#include "asgi-worker/server/core.hpp"
#include "asgi-worker/worker/cell_share.hpp"
#include "asgi-worker/worker/state.hpp"

namespace asgi_worker::worker {
namespace {

using python::borrow;
using python::Level;
using python::Ref;
using python::steal;

/// Gives the application's cycles to tasks of one kind or the other.
template <class Kind>
class LoopTasks final : public asgi::Tasks {
 public:
  explicit LoopTasks(Kind tasks) : tasks_{std::move(tasks)} {}
  Ref start(PyObject* coroutine) override { return tasks_.start(coroutine); }

 private:
  Kind tasks_;
};

template <class Kind>
std::unique_ptr<asgi::Tasks> whole(Kind tasks) {
  return tasks.is_whole() ? std::make_unique<LoopTasks<Kind>>(std::move(tasks)) : nullptr;
}

/// Of our own kind, or asyncio's: where asked for, and where ours cannot stand in for it. Null with
/// a Python error set.
std::unique_ptr<asgi::Tasks> make_tasks(PyTypeObject* core_type, State& state, const Ref& loop,
                                        std::string_view kind) {
  if (kind != "compat" && !state.request_tasks) {
    state.request_tasks = loop::RequestTaskType::make(PyType_GetModule(core_type));
    if (!state.request_tasks && PyErr_Occurred() != nullptr) return nullptr;
  }
  if (kind != "compat" && state.request_tasks)
    return whole(loop::RequestTasks{loop, *state.request_tasks});
  return whole(loop::EagerTasks{loop, state.capture_type.get()});
}

struct Wanted {
  asgi::Calling calling;
  server::Settings settings;
  Ref retire;
  Ref on_empty;
  unsigned long max_requests = 0;
  int access_fd = 1;
  std::string task = "auto";
};

/// Notes in shared memory what came last: the arbiter reads it when the worker has died.
class Noted final : public http::Application {
 public:
  Noted(http::Application& application, Cell* cell) : application_{application}, cell_{cell} {}
  void on_request(http::Exchange& exchange, const http::Request& request) override {
    if (cell_ != nullptr) cell_->note_request(request.method, request.raw_path);
    application_.on_request(exchange, request);
  }

 private:
  http::Application& application_;
  Cell* cell_;
};

/// The server as a guest of our own loop. Its turns run in a copy of the context in which it
/// joined, as a callback of add_reader() would: the tasks of requests inherit that.
class Turns final : public loop::Guest {
 public:
  Turns(server::HttpCore& core, std::function<bool()> after, Ref context)
      : core_{core}, after_{std::move(after)}, context_{std::move(context)} {}
  void set_context(Ref context) { context_ = std::move(context); }
  void begin_turn() override {
    enter();
    core_.begin_turn();
  }
  void end_turn() override {
    core_.finish_turn();
    if (!after_()) PyErr_WriteUnraisable(nullptr);
    leave();
  }
  void flush() override {
    enter();
    core_.flush();
    leave();
  }

 private:
  void enter() {
    if (PyContext_Enter(context_.get()) != 0) PyErr_WriteUnraisable(context_.get());
  }
  void leave() {
    if (PyContext_Exit(context_.get()) != 0) PyErr_WriteUnraisable(context_.get());
  }

  server::HttpCore& core_;
  std::function<bool()> after_;
  Ref context_;
};

/// What one Core object owns. Cycles keep the object, and so this, until they have ended.
class Part {
 public:
  /// `host` when the loop is ours and has no server yet, which `wanted` keeps alive; else null.
  Part(Wanted wanted, State& state, std::unique_ptr<asgi::Tasks> tasks, PyObject* self,
       loop::Loop* host)
      : loop_{wanted.calling.loop},
        host_{host},
        retire_{std::move(wanted.retire)},
        on_empty_{std::move(wanted.on_empty)},
        max_requests_{wanted.max_requests},
        log_{state.log},
        access_sink_{state.access_sink},
        access_copy_{state.access_copy},
        has_access_file_{wanted.access_fd >= 0},
        access_file_{wanted.access_fd,
                     [this](std::string_view line) { log_.line(Level::error, line); }},
        counters_{state.counters},
        self_{self},
        tasks_{std::move(tasks)},
        application_{std::move(wanted.calling), state.types, *tasks_, state.log, self},
        noted_{application_, state.cell},
        state_{state} {
    if (state.cell != nullptr && state.cells != nullptr) share_.emplace(*state.cells, *state.cell);
  }

  ~Part() { leave_host(); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  /// False with a Python error set.
  bool open(server::Settings settings) {
    if (!application_.is_whole()) return false;
    server::Hooks hooks;
    hooks.access = [this](std::string_view lines) { write_access(lines); };
    if (counters_ != nullptr)
      hooks.answered = [this](int status, std::uint64_t bytes, std::chrono::nanoseconds took) {
        counters_->count(status, bytes, took);
      };
    hooks.report = [this](std::string_view line) { log_.line(Level::warning, line); };
    hooks.wake = [this] { host_ != nullptr ? host_->wake_guest() : call_soon(flush_); };
    hooks.is_ready = [this] { return state_.is_ready; };
    hooks.empty = [this] { call_soon(on_empty_); };
    if (share_) hooks.share = &*share_;
    if (settings.concurrency.most != 0)
      application_.on_end = [this] {
        if (core_) core_->call_ended();
      };
    auto core = server::HttpCore::create(noted_, std::move(settings), std::move(hooks),
                                         server::coarse_clocks(),
                                         host_ != nullptr ? host_->poller().fd() : -1);
    if (!core) return fail(core.error());
    core_ = std::move(*core);
    return host_ == nullptr || join_host();
  }

  bool start(PyObject* listeners) {
    const Ref fds = steal(PySequence_Fast(listeners, "listeners: a sequence of descriptors"));
    if (!fds) return false;
    for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(fds.get()); ++index) {
      const long fd = PyLong_AsLong(PySequence_Fast_GET_ITEM(fds.get(), index));
      if (fd == -1 && PyErr_Occurred() != nullptr) return false;
      if (auto added = core_->add_listener(static_cast<int>(fd)); !added)
        return fail(added.error());
    }
    if (host_ != nullptr) {
      Ref context = steal(PyContext_CopyCurrent());
      if (!context) return false;
      turns_->set_context(std::move(context));
      return true;
    }
    flush_ = steal(PyObject_GetAttrString(self_, "flush"));
    const Ref poll = steal(PyObject_GetAttrString(self_, "poll"));
    return flush_ && poll &&
           steal(PyObject_CallMethod(loop_.get(), "add_reader", "iO", core_->fd(), poll.get()));
  }

  bool poll() {
    // On our own loop it is not for polling: its events come with the loop's.
    if (core_ && host_ == nullptr) core_->poll();
    return after_turn();
  }

  bool after_turn() {
    if (core_ && counters_ != nullptr)
      counters_->connections.store(core_->active() + core_->idle(), std::memory_order_relaxed);
    const bool is_due = max_requests_ != 0 && application_.requests() >= max_requests_;
    if (!is_due) return true;
    max_requests_ = 0;
    return static_cast<bool>(steal(PyObject_CallNoArgs(retire_.get())));
  }

  bool close() {
    if (!core_) return true;
    if (counters_ != nullptr) counters_->connections = 0;
    flush_.reset();
    on_empty_.reset();
    if (host_ != nullptr) {
      leave_host();
      core_.reset();
      return true;
    }
    const Ref removed = steal(PyObject_CallMethod(loop_.get(), "remove_reader", "i", core_->fd()));
    core_.reset();
    return static_cast<bool>(removed);
  }

  server::HttpCore* core() { return core_.get(); }
  asgi::Application& application() { return application_; }

 private:
  static bool fail(const common::Error& error) {
    PyErr_SetString(PyExc_OSError, error.context.c_str());
    return false;
  }

  bool join_host() {
    Ref context = steal(PyContext_CopyCurrent());
    if (!context) return false;
    turns_ = std::make_unique<Turns>(
        *core_, [this] { return after_turn(); }, std::move(context));
    host_->attach(*turns_);
    return true;
  }

  void leave_host() {
    if (turns_) host_->detach(*turns_);
    turns_.reset();
  }

  void write_access(std::string_view lines) {
    if (access_copy_) access_copy_(lines);
    if (!access_sink_) return has_access_file_ ? access_file_.write(lines) : void();
    const Ref text = steal(PyUnicode_FromStringAndSize(lines.data(), Py_ssize_t(lines.size())));
    const Ref done = text ? steal(PyObject_CallOneArg(access_sink_.get(), text.get())) : Ref{};
    if (!done) PyErr_WriteUnraisable(access_sink_.get());
  }

  void call_soon(const Ref& callback) {
    if (!callback) return;
    const Ref handle = steal(PyObject_CallMethod(loop_.get(), "call_soon", "O", callback.get()));
    if (!handle) PyErr_WriteUnraisable(callback.get());
  }

  Ref loop_;
  loop::Loop* host_;
  std::unique_ptr<Turns> turns_;
  Ref retire_;
  Ref on_empty_;
  Ref flush_;
  unsigned long max_requests_;
  const python::Log& log_;
  const Ref& access_sink_;                                    // the module's
  const std::function<void(std::string_view)>& access_copy_;  // likewise
  bool has_access_file_;
  server::AccessSink access_file_;
  Counters* counters_;
  PyObject* self_;
  std::unique_ptr<asgi::Tasks> tasks_;
  asgi::Application application_;
  Noted noted_;
  State& state_;
  std::optional<CellShare> share_;
  std::unique_ptr<server::HttpCore> core_;  // ends before the application that it calls
};

struct CoreObject {
  PyObject_HEAD Part* part;
};

Part& part_of(PyObject* self) { return *reinterpret_cast<CoreObject*>(self)->part; }

bool read_arguments(PyObject* arguments, PyObject* keywords, Wanted& wanted) {
  static const char* const names[] = {
      "loop",     "application", "state",     "asgi_version", "spec_version", "root_path", "retire",
      "on_empty", "server",      "access_fd", "max_requests", "task",         nullptr};
  PyObject *loop = nullptr, *application = nullptr, *state = nullptr, *retire = nullptr,
           *on_empty = nullptr, *capsule = nullptr;
  const char *version = "3.0", *spec_version = "2.5", *root_path = "", *task = "auto";
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OOO!sssOO|Oiks", const_cast<char**>(names),
                                   &loop, &application, &PyDict_Type, &state, &version,
                                   &spec_version, &root_path, &retire, &on_empty, &capsule,
                                   &wanted.access_fd, &wanted.max_requests, &task))
    return false;
  wanted.calling = {borrow(application), borrow(loop), borrow(state), version,
                    spec_version,        root_path};
  wanted.task = task;
  wanted.retire = borrow(retire);
  wanted.on_empty = borrow(on_empty);
  if (capsule == nullptr) return true;
  const void* const settings = PyCapsule_GetPointer(capsule, settings_capsule);
  if (settings == nullptr) return false;
  wanted.settings = *static_cast<const server::Settings*>(settings);
  return true;
}

PyObject* new_core(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  State* const state = state_of(type);
  Wanted wanted;
  if (state == nullptr || !read_arguments(arguments, keywords, wanted)) return nullptr;
  loop::Loop* host = loop::loop_of(PyType_GetModule(type), wanted.calling.loop.get());
  if (host != nullptr && host->has_guest()) host = nullptr;  // a second server is a reader there
  auto tasks = make_tasks(type, *state, wanted.calling.loop, wanted.task);
  if (!tasks) return nullptr;
  Ref object = steal(type->tp_alloc(type, 0));
  if (!object) return nullptr;
  auto settings = std::move(wanted.settings);
  auto part =
      std::make_unique<Part>(std::move(wanted), *state, std::move(tasks), object.get(), host);
  if (!part->open(std::move(settings))) return nullptr;
  reinterpret_cast<CoreObject*>(object.get())->part = part.release();
  return object.release();
}

void free_core(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  delete reinterpret_cast<CoreObject*>(object)->part;
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* none_or_error(bool is_done) { return is_done ? Py_NewRef(Py_None) : nullptr; }

/// A method that only tells the server something; nothing when it has been closed.
template <class Action>
PyObject* tell(PyObject* self, Action action) {
  if (auto* const core = part_of(self).core()) action(*core);
  return Py_NewRef(Py_None);
}

PyObject* core_start(PyObject* self, PyObject* listeners) {
  return none_or_error(part_of(self).start(listeners));
}
PyObject* core_poll(PyObject* self, PyObject*) { return none_or_error(part_of(self).poll()); }
PyObject* core_flush(PyObject* self, PyObject*) {
  return tell(self, [](auto& core) { core.flush(); });
}
PyObject* core_stop_accepting(PyObject* self, PyObject*) {
  return tell(self, [](auto& core) { core.stop_accepting(); });
}
PyObject* core_drain(PyObject* self, PyObject*) {
  return tell(self, [](auto& core) { core.drain(); });
}
PyObject* core_close_all(PyObject* self, PyObject*) {
  return tell(self, [](auto& core) { core.close_all(); });
}
PyObject* core_end_streams(PyObject* self, PyObject*) {
  part_of(self).application().end_streams();
  return Py_NewRef(Py_None);
}
PyObject* core_cancel_tasks(PyObject* self, PyObject*) {
  part_of(self).application().cancel_all();
  return Py_NewRef(Py_None);
}
PyObject* core_close(PyObject* self, PyObject*) { return none_or_error(part_of(self).close()); }

PyObject* core_connections(PyObject* self, void*) {
  auto* const core = part_of(self).core();
  return PyLong_FromSize_t(core != nullptr ? core->active() + core->idle() : 0);
}
PyObject* core_idle(PyObject* self, void*) {
  auto* const core = part_of(self).core();
  return PyLong_FromSize_t(core != nullptr ? core->idle() : 0);
}
PyObject* core_tasks(PyObject* self, void*) {
  return PyLong_FromSize_t(part_of(self).application().running());
}

PyMethodDef core_methods[] = {
    {"start", core_start, METH_O,
     "Accepts from these listening sockets; called on the running loop."},
    {"poll", core_poll, METH_NOARGS, "One turn of the server."},
    {"flush", core_flush, METH_NOARGS, "Sends what was written outside of poll()."},
    {"stop_accepting", core_stop_accepting, METH_NOARGS, nullptr},
    {"drain", core_drain, METH_NOARGS, "Idle connections close, busy ones after their answer."},
    {"close_all", core_close_all, METH_NOARGS, "Ends all connections now."},
    {"end_streams", core_end_streams, METH_NOARGS, "Tells streams that their client has gone."},
    {"cancel_tasks", core_cancel_tasks, METH_NOARGS, "Cancels the tasks of all requests."},
    {"close", core_close, METH_NOARGS, "Leaves the loop."},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef core_attributes[] = {
    {"connections", core_connections, nullptr, "open connections", nullptr},
    {"idle", core_idle, nullptr, "open connections without a request", nullptr},
    {"tasks", core_tasks, nullptr, "requests whose task is suspended", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot core_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(new_core)},
    {Py_tp_dealloc, reinterpret_cast<void*>(free_core)},
    {Py_tp_methods, core_methods},
    {Py_tp_getset, core_attributes},
    {0, nullptr},
};
PyType_Spec core_spec{"asgi_worker._asgi_worker.Core", sizeof(CoreObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, core_slots};

}  // namespace

Ref make_core_type(PyObject* module) {
  return steal(PyType_FromModuleAndSpec(module, &core_spec, nullptr));
}

}  // namespace asgi_worker::worker

"""The corpus's small files, by name: record.py writes them to cases/ and Supervisor's verdict beside them.

A row is (name, text) or (name, {file: text}), the main file first; what stands for a rule of the dialect begins
with the rule's topic. Only users, groups and directories that every Debian has are named.
"""

from __future__ import annotations

SUPERVISORD = "[supervisord]\n"


def program(options: str, section: str = "program:x", supervisord: str = "") -> str:
    """One program (or listener, or fcgi program) with these options beside its command."""
    return f"{SUPERVISORD}{supervisord}[{section}]\ncommand=/bin/cat\n{options}"


def daemon(options: str) -> str:
    return SUPERVISORD + options


def listener(options: str) -> str:
    return program(options, "eventlistener:e")


def fcgi(options: str) -> str:
    return program(options, "fcgi-program:f")


def rows(topic: str, make, table: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"{topic}-{name}", make(options)) for name, options in table.items()]


LINES: list[tuple[str, object]] = [
    ("line-minimal", "[supervisord]\n"),
    ("line-defaults", program("")),
    ("line-header-last-bracket", "[supervisord]\n[program:a]b]\ncommand=x\n"),
    ("line-header-trailing", "[supervisord] trailing\n[program:x] ; comment\ncommand=x\n"),
    ("line-header-blanks", "[supervisord]\n[ program:x ]\ncommand=x\n"),
    ("line-header-case", "[Supervisord]\n"),
    ("line-header-comment-in-name", "[supervisord]\n[program:x ;y]\ncommand=x\n"),
    ("line-colon-separates", "[supervisord]\n[program:x]\ncommand: /bin/cat\n"),
    ("line-first-separator", "[supervisord]\n[program:x]\ncommand=a=b=c:d\n"),
    ("line-blanks-around", "[supervisord]\n[program:x]\ncommand   =    a b   \n"),
    ("line-key-case", "[supervisord]\n[program:x]\nCOMMAND=x\nAutoStart=false\n"),
    ("line-empty-value", program("stdout_logfile_backups=\n")),
    ("line-comment-semicolon", "; c\n[supervisord]\n  ; c\n[program:x]\ncommand=x\n;startsecs=5\n"),
    ("line-comment-hash", "# c\n[supervisord]\n  # c\n[program:x]\ncommand=x\n#startsecs=5\n"),
    ("line-comment-rem", "[supervisord]\nrem a comment\n"),
    ("line-inline-semicolon", "[supervisord]\n[program:x]\ncommand=a b ; c\n"),
    ("line-inline-hash", "[supervisord]\n[program:x]\ncommand=a b # c\n"),
    ("line-inline-in-quotes", '[supervisord]\n[program:x]\ncommand=sh -c "a ; b"\n'),
    ("line-inline-without-blank", "[supervisord]\n[program:x]\ncommand=a;b#c\n"),
    ("line-inline-after-tab", "[supervisord]\n[program:x]\ncommand=a\t;b\n"),
    ("line-inline-both", "[supervisord]\n[program:x]\ncommand=a # b ; c\n"),
    ("line-inline-both-turned", "[supervisord]\n[program:x]\ncommand=a ; b # c\n"),
    ("line-inline-one-in-word", "[supervisord]\n[program:x]\ncommand=a#b # c ; d\n"),
    ("line-inline-at-value", "[supervisord]\n[program:x]\ncommand= ;b\n"),
    ("line-continuation", "[supervisord]\n[program:x]\ncommand=a\n b\n\tc\n"),
    ("line-continuation-comments", "[supervisord]\n[program:x]\ncommand=a\n ; c\n b\n# c\n c\n"),
    ("line-continuation-empty-lines", "[supervisord]\n[program:x]\ncommand=a\n\n b\n\n\nautostart=no\n"),
    ("line-continuation-inline", "[supervisord]\n[program:x]\ncommand=a ; c\n b ; d\n"),
    ("line-continuation-looks-like-key", "[supervisord]\n[program:x]\ncommand=a\n startsecs=5\n"),
    ("line-continuation-of-empty", '[supervisord]\n[program:x]\ncommand=a\nenvironment=\n  A="1",\n  B="2"\n'),
    ("line-indented-keys", "[supervisord]\n[program:x]\n   command=a\n   startsecs=5\n"),
    ("line-indented-deeper", "[supervisord]\n[program:x]\n  command=a\n    startsecs=5\n"),
    ("line-indented-less", "[supervisord]\n[program:x]\n    command=a\n  startsecs=5\n"),
    ("line-indented-header", "[supervisord]\n  [program:x]\n  command=a\n"),
    ("line-duplicate-section", "[supervisord]\n[program:x]\ncommand=a\nstartsecs=5\n[program:x]\ncommand=b\n"),
    ("line-duplicate-key", "[supervisord]\n[program:x]\ncommand=a\ncommand=b\n"),
    ("line-default-section", "[DEFAULT]\nstartsecs=7\n[supervisord]\n[program:a]\ncommand=a\n[program:b]\ncommand=b\nstartsecs=3\n"),
    ("line-default-section-late", "[supervisord]\n[program:a]\ncommand=a\n[DEFAULT]\nstartsecs=7\n"),
    ("line-quotes-are-ordinary", '[supervisord]\nidentifier="me"\n'),
    ("line-crlf", "[supervisord]\r\n[program:x]\r\ncommand=a\r\nstartsecs=5\r\n"),
    ("line-utf8", "[supervisord]\n[program:grün]\ncommand=/bin/echo ä→€\n"),
    ("line-bom", "\ufeff[supervisord]\n"),
    ("line-unknown", "[supervisord]\nnope=1\n[nonsense]\na=b\n[program:x]\ncommand=a\nstartsec=5\n"),
    ("line-key-before-section", "x=1\n[supervisord]\n"),
    ("line-no-separator", "[supervisord]\nnovalue\n"),
    ("line-no-key", "[supervisord]\n=value\n"),
    ("line-empty-header", "[supervisord]\n[]\n"),
    ("line-open-header", "[supervisord]\n[program:x\ncommand=a\n"),
    ("line-empty-file", ""),
    ("line-no-supervisord", "[program:x]\ncommand=a\n"),
    ("line-long-value", "[supervisord]\n[program:x]\ncommand=" + "a" * 5000 + "\n"),
    ("line-long-section", "[supervisord]\n[program:" + "a" * 200 + "]\ncommand=a\n"),
    ("line-vertical-space", "[supervisord]\n\x0c\n[program:x]\ncommand=a\n"),
    ("line-no-final-newline", "[supervisord]\n[program:x]\ncommand=a"),
]

INCLUDES: list[tuple[str, object]] = [
    ("include-sorted", {"main.conf": "[supervisord]\n[include]\nfiles = d/*.conf\n",
                        "d/b.conf": "[program:x]\ncommand=b\n", "d/a.conf": "[program:x]\ncommand=a\nstartsecs=9\n"}),
    ("include-several", {"main.conf": "[supervisord]\n[include]\nfiles = d/a.conf\n  d/b.ini\n",
                         "d/a.conf": "[program:a]\ncommand=a\n", "d/b.ini": "[program:b]\ncommand=b\n"}),
    ("include-ranges", {"main.conf": "[supervisord]\n[include]\nfiles = d/[ab]?.conf\n",
                        "d/a1.conf": "[program:a]\ncommand=a\n", "d/c1.conf": "[program:c]\ncommand=c\n"}),
    ("include-none", {"main.conf": "[supervisord]\n[include]\nfiles = none/*.conf\n"}),
    ("include-no-files", {"main.conf": "[supervisord]\n[include]\n"}),
    ("include-expands", {"main.conf": "[supervisord]\n[include]\nfiles = %(here)s/%(host_node_name)s/%(ENV_KIND)s.conf\n",
                         "host/web.conf": "[program:x]\ncommand=x\n"}),
    ("include-bad-name", {"main.conf": "[supervisord]\n[include]\nfiles = %(nope)s/*.conf\n"}),
    ("include-nested", {"main.conf": "[supervisord]\n[include]\nfiles = a.conf\n",
                        "a.conf": "[include]\nfiles = b.conf\n", "b.conf": "[program:b]\ncommand=b\n"}),
    ("include-here", {"main.conf": "[supervisord]\n[program:m]\ncommand=%(here)s/run\n[include]\nfiles = d/a.conf\n",
                      "d/a.conf": "[program:a]\ncommand=%(here)s/run\n"}),
    ("include-overrides", {"main.conf": "[supervisord]\nidentifier=a\n[include]\nfiles = a.conf\n",
                           "a.conf": "[supervisord]\nidentifier=b\n"}),
    ("include-supervisord", {"main.conf": "[include]\nfiles = a.conf\n", "a.conf": "[supervisord]\n"}),
    ("include-error-names-file", {"main.conf": "[supervisord]\n[include]\nfiles = a.conf\n",
                                  "a.conf": "[program:a]\ncommand=a\nstartsecs=x\n"}),
    ("include-parse-error", {"main.conf": "[supervisord]\n[include]\nfiles = a.conf\n", "a.conf": "[program:a]\nnovalue\n"}),
]

EXPANSIONS = [
    *rows("expand", program, {
        "program-name": "directory=/%(program_name)s/%(group_name)s/%(host_node_name)s\n",
        "environment": "directory=%(ENV_HOME)s/%(ENV_KIND)s\n",
        "unknown": "directory=%(nope)s\n",
        "unset-variable": "directory=%(ENV_NOPE)s\n",
        "percent": "directory=/100%%\n",
        "bare-percent": "directory=/%Y\n",
        "percent-at-end": "directory=/a%\n",
        "open-name": "directory=/%(here\n",
        "no-letter": "directory=/%(here)\n",
        "width": "directory=%(program_name)-5s|%(program_name)5s|%(program_name).1s\n",
        "number-as-text": "numprocs=1\ndirectory=%(process_num)s %(numprocs)s\n",
        "text-as-number": "directory=%(program_name)d\n",
        "shell": "directory=$HOME/${HOME}\n",
        "shared-option": "startsecs=%(process_num)d\n",
        "logfile-twice": "stdout_logfile=/tmp/a%%%%b\n",
        "logfile-once": "stdout_logfile=/tmp/a%%b\n",
        "own-environment": 'environment=A="1"\nstdout_logfile=/tmp/%(ENV_A)s.log\n',
        "environment-percent": 'environment=A="100%%"\n',
        "environment-bad": 'environment=A="%(nope)s"\n',
        "sizes-per-process": "numprocs=2\nprocess_name=%(process_num)d\nstdout_logfile_maxbytes=1%(process_num)dKB\n"
                             "stdout_logfile_backups=%(process_num)d\n",
    }),
    ("expand-command", "[supervisord]\n[program:x]\ncommand=run %(program_name)s %(process_num)02d %(process_num)x %(process_num)5d|\n"),
    ("expand-date", "[supervisord]\n[program:x]\ncommand=date +%%Y\n"),
    ("expand-date-bad", "[supervisord]\n[program:x]\ncommand=date +%Y\n"),
    ("expand-daemon-environment", '[supervisord]\nenvironment=A="1"\n[program:x]\ncommand=run %(ENV_A)s\n'),
    ("expand-daemon-host", "[supervisord]\nidentifier=%(host_node_name)s\n"),
    ("expand-daemon-environment-twice", '[supervisord]\nenvironment=A="%%%%"\n'),
    ("expand-daemon-environment-once", '[supervisord]\nenvironment=A="%%"\n'),
    ("expand-password", "[supervisord]\n[inet_http_server]\nport=9001\nusername=u\npassword=a%%b\n"),
    ("expand-password-bad", "[supervisord]\n[inet_http_server]\nport=9001\nusername=u\npassword=a%b\n"),
    ("expand-group-priority", program("priority=%(program_name)s\n")),
]

DAEMON = rows("supervisord", daemon, {
    "logfile": "logfile=/tmp/a.log\n", "logfile-relative": "logfile=a.log\n", "logfile-missing-directory": "logfile=/nope/a.log\n",
    "logfile-syslog": "logfile=syslog\n", "logfile-none": "logfile=NONE\n", "logfile-here": "logfile=%(here)s/a.log\n",
    "logfile-home": "logfile=~/a.log\n", "logfile-user-home": "logfile=~root/a.log\n",
    "logfile_maxbytes": "logfile_maxbytes=1KB\n", "logfile_maxbytes-bad": "logfile_maxbytes=5xb\n",
    "logfile_backups": "logfile_backups=0\n", "logfile_backups-bad": "logfile_backups=ten\n",
    "loglevel": "loglevel=DEBUG\n", "loglevel-blather": "loglevel=blather\n", "loglevel-bad": "loglevel=warning\n",
    "pidfile": "pidfile=/tmp/a.pid\n", "pidfile-missing-directory": "pidfile=/nope/a.pid\n",
    "umask": "umask=077\n", "umask-bad": "umask=9\n", "nodaemon": "nodaemon=yes\n", "nodaemon-bad": "nodaemon=foo\n",
    "silent": "silent=on\n", "minfds": "minfds=10\n", "minfds-bad": "minfds=a\n", "minprocs": "minprocs=10\n",
    "nocleanup": "nocleanup=1\n", "strip_ansi": "strip_ansi=true\n",
    "childlogdir": "childlogdir=/var/log\n", "childlogdir-missing": "childlogdir=/nope\n",
    "user": "user=nobody\n", "user-id": "user=65534\n", "user-bad": "user=nobodyatall\n", "user-id-bad": "user=54321\n",
    "directory": "directory=/tmp\n", "directory-missing": "directory=/nope\n",
    "environment": 'environment=A="1",B=2\n', "environment-bad": "environment=A\n", "identifier": "identifier=me\n",
    "environment-under-programs": 'environment=A="1",B="2"\n[program:x]\ncommand=x\nenvironment=B="3"\n',
})

SERVERS = [
    ("unix-defaults", daemon("[unix_http_server]\nfile=/tmp/s.sock\n")),
    ("unix-all", daemon("[unix_http_server]\nfile=%(here)s/s.sock\nchmod=0770\nchown=nobody:nogroup\nusername=u\npassword=p\n")),
    ("unix-relative", daemon("[unix_http_server]\nfile=tmp/../s.sock\n")),
    ("unix-home", daemon("[unix_http_server]\nfile=~/s.sock\n")),
    ("unix-named", daemon("[unix_http_server]\nfile=/tmp/a\n[unix_http_server:two]\nfile=/tmp/b\n")),
    ("unix-no-file", daemon("[unix_http_server]\n")),
    ("unix-chmod-bad", daemon("[unix_http_server]\nfile=/tmp/s\nchmod=99\n")),
    ("unix-chown-bad", daemon("[unix_http_server]\nfile=/tmp/s\nchown=nope\n")),
    ("unix-chown-user", daemon("[unix_http_server]\nfile=/tmp/s\nchown=nobody\n")),
    ("unix-half-authentication", daemon("[unix_http_server]\nfile=/tmp/s\nusername=u\n")),
    ("unix-sha", daemon("[unix_http_server]\nfile=/tmp/s\nusername=u\npassword={SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d\n")),
    *rows("inet", lambda port: daemon(f"[inet_http_server]\nport={port}\n"), {
        "port": "9001", "colon": ":9001", "star": "*:9001", "host": "LocalHost:9001", "address": "127.0.0.1:9001",
        "not-a-port": "x", "no-port": "h:", "zero": "h:0", "high": "h:70000", "zero-alone": "0",
    }),
    ("inet-missing", daemon("[inet_http_server]\n")),
    ("inet-half-authentication", daemon("[inet_http_server]\nport=9001\npassword=p\n")),
    ("inet-authentication", daemon("[inet_http_server]\nport=9001\nusername=u\npassword=p\n")),
    ("inet-and-unix", daemon("[unix_http_server]\nfile=/tmp/s\n[inet_http_server]\nport=1\n[inet_http_server:b]\nport=2\n")),
]

PROGRAM = [
    ("program-no-command", "[supervisord]\n[program:x]\nautostart=no\n"),
    ("program-name-blank", "[supervisord]\n[program:a b]\ncommand=x\n"),
    ("program-name-colon", "[supervisord]\n[program:a:b]\ncommand=x\n"),
    ("program-name-slash", "[supervisord]\n[program:a/b]\ncommand=x\n"),
    ("program-name-odd", "[supervisord]\n[program:a,b@c]\ncommand=x\n"),
    ("program-name-trimmed", "[supervisord]\n[program: x ]\ncommand=x\n"),
    ("program-command-quotes", "[supervisord]\n[program:x]\ncommand=sh -c 'a \"b\" c'\n"),
    *rows("program", program, {
        "process_name": "process_name=p\n", "process_name-blank": "process_name=a b\n", "process_name-colon": "process_name=a:b\n",
        "process_name-slash-expanded": "process_name=%(here)s\n",
        "numprocs": "numprocs=3\nprocess_name=%(program_name)s_%(process_num)02d\n", "numprocs-no-number": "numprocs=2\n",
        "numprocs-zero": "numprocs=0\n", "numprocs-negative": "numprocs=-1\n", "numprocs-bad": "numprocs=x\n",
        "numprocs_start": "numprocs=2\nnumprocs_start=9\nprocess_name=p%(process_num)d\n", "numprocs_start-bad": "numprocs_start=x\n",
        "numprocs-many": "numprocs=12\nprocess_name=%(process_num)d\n",
        "priority": "priority=5\n", "priority-negative": "priority=-5\n", "priority-bad": "priority=x\n",
        "autostart": "autostart=no\n", "autostart-bad": "autostart=foo\n", "autostart-case": "autostart=FALSE\n",
        "startsecs": "startsecs=5\n", "startsecs-negative": "startsecs=-5\n", "startsecs-bad": "startsecs=1.5\n",
        "startsecs-underscore": "startsecs=1_000\n", "startsecs-plus": "startsecs=+5\n", "startsecs-hex": "startsecs=0x10\n",
        "startretries": "startretries=0\n", "startretries-bad": "startretries=x\n",
        "autorestart-true": "autorestart=true\n", "autorestart-false": "autorestart=OFF\n",
        "autorestart-unexpected": "autorestart=Unexpected\n", "autorestart-bad": "autorestart=maybe\n",
        "exitcodes": "exitcodes=0,2, 255\n", "exitcodes-empty": "exitcodes=\n", "exitcodes-high": "exitcodes=300\n",
        "exitcodes-bad": "exitcodes=a\n", "exitcodes-negative": "exitcodes=-1\n",
        "stopsignal": "stopsignal=QUIT\n", "stopsignal-sig": "stopsignal=sigint\n", "stopsignal-number": "stopsignal=9\n",
        "stopsignal-rtmin": "stopsignal=RTMIN\n", "stopsignal-rtmin-plus": "stopsignal=RTMIN+1\n", "stopsignal-bad": "stopsignal=FOO\n",
        "stopsignal-bad-number": "stopsignal=99\n", "stopsignal-several": "stopsignal=TERM,INT\n", "stopsignal-zero": "stopsignal=0\n",
        "stopsignal-real-time": "stopsignal=35\n",
        "stopwaitsecs": "stopwaitsecs=0\n", "stopwaitsecs-bad": "stopwaitsecs=x\n",
        "stopasgroup": "stopasgroup=true\n", "killasgroup": "killasgroup=true\n",
        "stopasgroup-without-killasgroup": "stopasgroup=true\nkillasgroup=false\n", "stopasgroup-bad": "stopasgroup=x\n",
        "user": "user=nobody\n", "user-id": "user=0\n", "user-bad": "user=nobodyatall\n", "user-id-bad": "user=54321\n",
        "user-with-group": "user=nobody:nogroup\n",
        "redirect_stderr": "redirect_stderr=true\n", "redirect_stderr-bad": "redirect_stderr=x\n",
        "redirect_stderr-with-file": "redirect_stderr=true\nstderr_logfile=/tmp/e.log\n",
        "logfile": "stdout_logfile=/tmp/o.log\nstderr_logfile=/tmp/e.log\n", "logfile-relative": "stdout_logfile=o.log\n",
        "logfile-none": "stdout_logfile=NONE\nstderr_logfile=off\n", "logfile-auto": "stdout_logfile=auto\n",
        "logfile-syslog": "stdout_logfile=syslog\nstderr_logfile=SYSLOG\n", "logfile-missing-directory": "stdout_logfile=/nope/o.log\n",
        "logfile-home": "stdout_logfile=~/o.log\n", "logfile-device": "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n",
        "logfile-empty": "stdout_logfile=\n",
        "logfile_maxbytes": "stdout_logfile_maxbytes=1MB\nstderr_logfile_maxbytes=2 gb\n",
        "logfile_maxbytes-unit": "stdout_logfile_maxbytes=1K\n", "logfile_maxbytes-decimals": "stdout_logfile_maxbytes=1.5MB\n",
        "logfile_maxbytes-zero-auto": "stdout_logfile_maxbytes=0\nstderr_logfile_maxbytes=0\n",
        "logfile_maxbytes-negative": "stdout_logfile_maxbytes=-1\n",
        "logfile_backups": "stdout_logfile_backups=0\nstderr_logfile_backups=1\n", "logfile_backups-bad": "stderr_logfile_backups=x\n",
        "capture_maxbytes": "stdout_capture_maxbytes=1KB\nstderr_capture_maxbytes=2KB\n", "capture_maxbytes-bad": "stdout_capture_maxbytes=x\n",
        "events_enabled": "stdout_events_enabled=true\nstderr_events_enabled=1\n", "events_enabled-bad": "stderr_events_enabled=x\n",
        "syslog": "stdout_syslog=true\nstderr_syslog=true\n", "syslog-bad": "stdout_syslog=x\n",
        "directory": "directory=/nope\n", "directory-home": "directory=~/x\n", "directory-empty": "directory=\n",
        "umask": "umask=022\n", "umask-prefix": "umask=0o22\n", "umask-bad": "umask=8\n",
        "serverurl": "serverurl=http://h:1\n", "serverurl-auto": "serverurl= auto \n",
    }),
    *rows("environment", lambda value: program(f"environment={value}\n"), {
        "plain": "A=1,B=2", "quotes": "A=\"1 2\",B='3,4'", "lines": 'A="1",\n  B="2"', "blanks": 'A = "1" , B = "2"',
        "trailing-comma": 'A="1",', "empty-quotes": 'A=""', "no-value": "A=", "semicolon": "A=1;B=2", "hash-quoted": 'A="a#b"',
        "dropped-word": "A=a b", "dropped-home": "A=~/x", "dropped-star": "A=a*", "dollar": "A=a$b", "at": "A=a@b", "equals": "A=a=b",
        "no-comma": "A=1 B=2", "two-commas": "A=1,,B=2", "no-equals": "A", "url": "A=http://h:80/p", "url-query": "A=http://h/?a=1",
        "url-quoted": 'A="http://h/?a=1&b=2"', "escaped-quote": 'A="a\\"b"', "adjacent": 'A=a"b,c"d', "key-case": "lower=1,UPPER=2",
        "word-characters": "A=a/b.c+d-e(f)g:h_i", "twice": "A=1,A=2", "open-quote": 'A="a', "quote-in-quotes": "A=\"it's\"",
        "comment": "A=1,#c\n  B=2",
    }),
]

GROUPS: list[tuple[str, object]] = [
    ("group-programs", "[supervisord]\n[program:a]\ncommand=a\n[program:b]\ncommand=b\n[program:c]\ncommand=c\n[group:g]\nprograms=b, a\npriority=5\n"),
    ("group-empty", "[supervisord]\n[group:g]\nprograms=\n"),
    ("group-no-programs", "[supervisord]\n[group:g]\n"),
    ("group-unknown-program", "[supervisord]\n[group:g]\nprograms=nope\n"),
    ("group-blank-separates-not", "[supervisord]\n[program:a]\ncommand=a\n[program:b]\ncommand=b\n[group:g]\nprograms=a b\n"),
    ("group-ambiguous", "[supervisord]\n[program:a]\ncommand=a\n[fcgi-program:a]\ncommand=a\nsocket=tcp://h:1\n[group:g]\nprograms=a\n"),
    ("group-priority-bad", "[supervisord]\n[group:g]\npriority=x\n"),
    ("group-name-bad", "[supervisord]\n[group:a:b]\n"),
    ("group-shares-program", "[supervisord]\n[program:a]\ncommand=a\n[group:g]\nprograms=a\n[group:h]\nprograms=a\n"),
    ("group-sorted", "[supervisord]\n[program:b]\ncommand=b\n[program:a]\ncommand=a\n[program:z]\ncommand=z\npriority=1\n"),
    ("group-fcgi-program", "[supervisord]\n[fcgi-program:f]\ncommand=f\nsocket=unix:///tmp/f\n[group:g]\nprograms=f\n"),
    ("group-listener", "[supervisord]\n[eventlistener:e]\ncommand=e\nevents=EVENT\n[group:g]\nprograms=e\n"),
    ("group-name-in-program", "[supervisord]\n[program:a]\ncommand=%(group_name)s\n[group:g]\nprograms=a\n"),
    ("group-numprocs", "[supervisord]\n[program:a]\ncommand=a\nnumprocs=2\nprocess_name=%(group_name)s%(process_num)d\n[group:g]\nprograms=a\n"),
    ("group-bad-program", "[supervisord]\n[program:a]\ncommand=a\nstartsecs=x\n[group:g]\nprograms=a\n"),
]

LISTENERS = rows("listener", listener, {
    "defaults": "events=TICK_5\n", "events": "events=tick_60, PROCESS_STATE\n", "no-events": "", "empty-events": "events=\n",
    "unknown-event": "events=NOPE\n", "buffer_size": "events=EVENT\nbuffer_size=1\n", "buffer_size-zero": "events=EVENT\nbuffer_size=0\n",
    "buffer_size-bad": "events=EVENT\nbuffer_size=x\n", "result_handler": "events=EVENT\nresult_handler=supervisor.dispatchers:default_handler\n",
    "result_handler-unknown": "events=EVENT\nresult_handler=nope:nope\n", "priority": "events=EVENT\npriority=7\n",
    "redirect_stderr": "events=EVENT\nredirect_stderr=true\n", "numprocs": "events=EVENT\nnumprocs=2\nprocess_name=%(process_num)d\n",
    "stdout-taps": "events=EVENT\nstdout_capture_maxbytes=1KB\nstdout_events_enabled=true\nstdout_syslog=true\n",
    "every-event": "events=EVENT,PROCESS_STATE,PROCESS_STATE_STARTING,PROCESS_STATE_RUNNING,PROCESS_STATE_BACKOFF,PROCESS_STATE_STOPPING,"
                   "PROCESS_STATE_EXITED,PROCESS_STATE_STOPPED,PROCESS_STATE_FATAL,PROCESS_STATE_UNKNOWN,REMOTE_COMMUNICATION,PROCESS_LOG,"
                   "PROCESS_LOG_STDOUT,PROCESS_LOG_STDERR,PROCESS_COMMUNICATION,PROCESS_COMMUNICATION_STDOUT,PROCESS_COMMUNICATION_STDERR,"
                   "SUPERVISOR_STATE_CHANGE,SUPERVISOR_STATE_CHANGE_RUNNING,SUPERVISOR_STATE_CHANGE_STOPPING,TICK,TICK_5,TICK_60,TICK_3600,"
                   "PROCESS_GROUP,PROCESS_GROUP_ADDED,PROCESS_GROUP_REMOVED\n",
})

FCGI = rows("fcgi", fcgi, {
    "unix": "socket=unix:///tmp/%(program_name)s.sock\n", "unix-here": "socket=unix://%(here)s/f.sock\n",
    "unix-normalised": "socket=unix:///tmp/../tmp//f.sock\n", "tcp": "socket=tcp://LocalHost:9000\n", "no-socket": "",
    "bad-socket": "socket=foo\n", "relative": "socket=unix://rel\n", "tcp-no-port": "socket=tcp://h\n", "tcp-high-port": "socket=tcp://h:70000\n",
    "backlog": "socket=tcp://h:1\nsocket_backlog=7\n", "backlog-zero": "socket=tcp://h:1\nsocket_backlog=0\n",
    "backlog-high": "socket=tcp://h:1\nsocket_backlog=65536\n", "backlog-bad": "socket=tcp://h:1\nsocket_backlog=x\n",
    "owner": "socket=unix:///tmp/f\nsocket_owner=nobody:nogroup\n", "owner-user": "socket=unix:///tmp/f\nsocket_owner=nobody\n",
    "owner-bad": "socket=unix:///tmp/f\nsocket_owner=nope\n", "owner-of-program": "socket=unix:///tmp/f\nuser=nobody\n",
    "owner-is-daemon": "socket=unix:///tmp/f\nuser=root\n", "owner-tcp": "socket=tcp://h:1\nsocket_owner=nobody\n",
    "mode": "socket=unix:///tmp/f\nsocket_mode=0777\n", "mode-bad": "socket=unix:///tmp/f\nsocket_mode=9\n",
    "mode-tcp": "socket=tcp://h:1\nsocket_mode=0700\n", "priority": "socket=tcp://h:1\npriority=3\n",
    "numprocs": "socket=tcp://h:1\nnumprocs=2\nprocess_name=%(process_num)d\n",
})

STANDARD_FACTORY = "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
OTHERS: list[tuple[str, object]] = [
    ("rpcinterface-standard", daemon("[rpcinterface:supervisor]\n" + STANDARD_FACTORY)),
    ("rpcinterface-no-factory", daemon("[rpcinterface:a]\n")),
    ("rpcinterface-unknown", daemon("[rpcinterface:a]\nsupervisor.rpcinterface_factory=nope:nope\n")),
    ("rpcinterface-bad-name", daemon("[rpcinterface:a]\nsupervisor.rpcinterface_factory=%(nope)s\n")),
    ("ctlplugin", daemon("[ctlplugin:x]\nsupervisor.ctl_factory=a:b\n")),
    ("supervisorctl", daemon("[supervisorctl]\nserverurl=unix:///tmp/s.sock\n")),
    ("debian", "; supervisor config file\n\n[unix_http_server]\nfile=/var/run/supervisor.sock   ; (the path to the socket file)\n"
               "chmod=0700                       ; sockef file mode (default 0700)\n\n[supervisord]\nlogfile=/var/log/supervisord.log ; (main log file)\n"
               "pidfile=/var/run/supervisord.pid ; (supervisord pidfile)\nchildlogdir=/var/log            ; ('AUTO' child log dir)\n\n"
               "[rpcinterface:supervisor]\n" + STANDARD_FACTORY + "\n[supervisorctl]\nserverurl=unix:///var/run/supervisor.sock ; use a unix:// URL\n"),
    ("container", "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\nuser=root\n[program:web]\ncommand=/usr/bin/web\n"
                  "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n"),
    ("same-name-group-and-program", "[supervisord]\n[program:a]\ncommand=a\npriority=1\n[program:b]\ncommand=b\n[group:a]\nprograms=b\n"),
    ("same-name-program-and-listener", "[supervisord]\n[program:a]\ncommand=a\n[eventlistener:a]\ncommand=b\nevents=EVENT\npriority=999\n"),
    ("same-name-processes", "[supervisord]\n[program:a]\ncommand=a\nprocess_name=p\n[program:b]\ncommand=b\nprocess_name=p\n[group:g]\nprograms=a,b\n"),
]

CASES: list[tuple[str, object]] = [*LINES, *INCLUDES, *EXPANSIONS, *DAEMON, *SERVERS, *PROGRAM, *GROUPS, *LISTENERS, *FCGI, *OTHERS]

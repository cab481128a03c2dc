#include "supervisord/echo_supervisord_conf/sample.hpp"

namespace supervisord {

const std::string_view sample_configuration = R"conf(; Sample configuration of supervisord.
;
; Every section and option is here. A line that begins with a semicolon and no blank shows an option
; with its default (or an example, where there is none): take the semicolon away and change the value.
; A comment may also stand behind a value, after a blank: "a = b ; like this". There is no escape for
; such a semicolon or #, not even quotes.
; Values may refer to variables of supervisord's environment, %(ENV_HOME)s, and to the directory of the
; file they stand in, %(here)s. A percent sign of their own is written twice.
; All of it at length: docs/configuration.md.

[unix_http_server]
file=/tmp/supervisor.sock       ; the socket of supervisorctl and of other clients
;chmod=0700                     ; mode of the socket
;chown=root:root                ; its owner, USER or USER:GROUP; default: whoever starts supervisord
;username=user                  ; with a password, or neither; default: everybody who may open the socket
;password=123                   ; plain, or {SHA} and the 40 hex digits of its SHA-1
;allow_users=root               ; NAME or NAME:ROLE, role read, operate or admin; default: everybody, admin
;allow_groups=root:read         ; the same for groups

; The same over TCP, and the web page. Give it a password, or keep it on this machine.
;[inet_http_server]
;port=127.0.0.1:9001            ; HOST:PORT; *:PORT is every interface
;username=user
;password=123

; gRPC for other machines: by TLS, and for those with a client certificate or a token.
;[grpc_server]
;address=127.0.0.1:9002         ; HOST:PORT; *:PORT is every interface
;certfile=/etc/server.pem       ; read again when they change
;keyfile=/etc/server.key        ; default: it stands in certfile
;client_ca=/etc/clients.pem     ; who signs client certificates
;tokens_file=/etc/tokens        ; lines of ROLE NAME sha256:HEX
;allow_users=deploy:operate     ; names of client certificates: common name or alternative name
;allow_groups=ops:admin         ; their organizations

[supervisord]
logfile=/tmp/supervisord.log    ; main log, NONE or syslog; default: supervisord.log where it was started
;logfile_maxbytes=50MB          ; size at which it is rotated; 0: never
;logfile_backups=10             ; rotated logs that are kept; 0: it is emptied instead
;loglevel=info                  ; critical, error, warn, info, debug, trace or blather
pidfile=/tmp/supervisord.pid    ; default: supervisord.pid where it was started
;rundir=/tmp/supervisord.d      ; what survives supervisord's own end; default: the pid file with .d for .pid
;nodaemon=false                 ; stay in the foreground
;silent=false                   ; in the foreground: no copy of the main log on standard output
;exit_on=never                  ; end all when a program has: fatal, fatal:NAME, exit:NAME
;minfds=1024                    ; file descriptors that must be available
;minprocs=200                   ; processes that must be available
;umask=022                      ; of supervisord and, unless they have their own, of programs
;user=root                      ; run as this user; default: whoever starts it
;identifier=supervisor          ; name of this instance
;directory=/tmp                 ; change to this directory; default: stay
;nocleanup=false                ; keep the logs named AUTO of the run before
;childlogdir=/tmp               ; where logs named AUTO go; default: TMPDIR, else /tmp
;environment=KEY="value"        ; under every program's own; default: nothing
;strip_ansi=false               ; take escape sequences (colours) out of programs' output

; supervisorctl reads this section only, from this file only (not from included ones).
[supervisorctl]
serverurl=unix:///tmp/supervisor.sock ; the socket above, or http://HOST:PORT
;username=user                  ; as of the server
;password=123
;prompt=supervisor              ; of its shell
;history_file=~/.sc_history     ; default: no history is kept
;ca=/etc/ca.pem                 ; with serverurl=grpcs://HOST:PORT: who signs its certificate; default: whom the system trusts
;cert=/etc/me.pem               ; our certificate
;key=/etc/me.key                ; and its key; default: it stands in cert
;token_file=~/.ctl_token        ; the token that says who asks

; Other tools expect it here; the interface is served without it too.
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

; A program. NAME is a name without blanks, colons and slashes.
;[program:web]
;command=/bin/cat               ; words as a shell cuts them, without a shell: no $, *, ~, | or >
;process_name=%(program_name)s  ; with numprocs above 1, for example %(program_name)s_%(process_num)02d
;numprocs=1                     ; that many processes of it
;numprocs_start=0               ; the first one's number
;priority=999                   ; low starts first and stops last
;autostart=true                 ; start with supervisord
;startsecs=1                    ; seconds up until it counts as RUNNING
;startretries=3                 ; failed starts in a row until it is FATAL
;autorestart=unexpected         ; true, false, or only after an exit status that is not in exitcodes
;exitcodes=0                    ; expected exit statuses, such as 0,2
;stopsignal=TERM
;reloadsignal=HUP               ; what "supervisorctl reload NAME" sends
;stopwaitsecs=10                ; seconds until SIGKILL
;stopasgroup=false              ; stopsignal to its process group
;killasgroup=false              ; SIGKILL to its process group; default: as stopasgroup
;stop_whole_tree=false          ; a stop reaches what left its process group; default: as killasgroup
;user=root                      ; default: supervisord's
;redirect_stderr=false          ; standard error into standard output
;stdout_logfile=AUTO            ; a file, AUTO (one in childlogdir) or NONE
;stdout_logfile_maxbytes=50MB
;stdout_logfile_backups=10
;stdout_capture_maxbytes=0      ; above 0: what stands between the capture tokens becomes an event
;stdout_events_enabled=false    ; output becomes PROCESS_LOG events
;stdout_syslog=false            ; each line also to syslog
;stderr_logfile=AUTO
;stderr_logfile_maxbytes=50MB
;stderr_logfile_backups=10
;stderr_capture_maxbytes=0
;stderr_events_enabled=false
;stderr_syslog=false
;environment=A="1",B="2"        ; default: nothing; inherited from supervisord are all of its own
;directory=/tmp                 ; default: supervisord's
;umask=022                      ; default: supervisord's
;serverurl=AUTO                 ; what the program finds in SUPERVISOR_SERVER_URL
;ready_notification=none        ; notify_socket: RUNNING only after it has sent READY=1 to NOTIFY_SOCKET
;ready_timeout=90               ; seconds it has for that
;sockets=http                   ; names of [socket:] sections, with commas: its descriptors from 3 on

; A listening socket that supervisord opens and keeps while programs are started anew: connections
; wait in its queue. Its programs find LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID in their environment.
;[socket:http]
;listen=unix:///tmp/http.sock   ; or tcp://HOST:PORT
;backlog=4096                   ; default: the system's
;mode=0700                      ; of a Unix socket
;owner=root:root                ; of a Unix socket; default: the user that supervisord starts as

; A program that receives events on its standard input and answers on its standard output. It has the
; options of a program too; its standard output is the protocol's.
;[eventlistener:listener]
;command=/bin/cat
;events=PROCESS_STATE,TICK_60   ; types to be told of; there is no default
;buffer_size=10                 ; events kept back while all its processes are busy
;result_handler=supervisor.dispatchers:default_handler
;priority=-1                    ; starts before all programs

; A FastCGI program: supervisord opens the socket, its processes share it as descriptor 0. It has the
; options of a program too.
;[fcgi-program:fcgi]
;command=/bin/cat
;socket=unix:///tmp/%(program_name)s.sock ; or tcp://HOST:PORT
;socket_backlog=4096            ; default: the system's
;socket_owner=root:root         ; default: the program's user
;socket_mode=0700

; Programs to be started, stopped and named together: group:program.
;[group:all]
;programs=web                   ; names of [program:] and [fcgi-program:] sections, with commas
;priority=999

; Further files, as if they stood here.
;[include]
;files=conf.d/*.conf            ; patterns, separated by blanks, from this file's directory
)conf";

}  // namespace supervisord

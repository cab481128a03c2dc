# One PROCESS_COMMUNICATION event between two lines of log; then it waits.
echo before
printf '<!--XSUPERVISOR:BEGIN-->told to listeners<!--XSUPERVISOR:END-->'
echo after
# The tokens may be looked for across reads, so what comes last is something long that is not one.
echo "the end of the output of this program, longer than any of the two tokens"
exec /bin/sleep 1000

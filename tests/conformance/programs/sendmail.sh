#!/bin/sh
# Stands in for sendmail: each message goes to the file $MAILS, a line of dashes after it.
{ cat; echo; echo --------; } >> "$MAILS"

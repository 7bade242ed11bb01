//! What the page of `lastwill bench` says beyond its options.

/// How it ends, and what programs read.
pub const MORE: &str = "\
.SH STOPPING
SIGINT (Ctrl\\-C) and SIGTERM end a measurement in order: nothing more is published, what is under way
is waited for, connections are closed, retained messages and sessions are taken away, and what was
measured until then is printed and called early.
Of several rounds, the whole ones are printed.
A second signal ends at once, without figures.
.PP
If nothing moves for 30 seconds (nothing is sent, acknowledged or delivered), the round ends with an
error that says how far it was.
.SH JSON
With
.B \\-\\-json
standard output is one object. Times end in their unit; what was not measured is null.
.TP
.B plan
What was done:
.BR workload ,\\  counted
(what deliveries are here: deliveries, connections, wills or subscriptions),
.BR qos ,\\  mqtt ,\\  payload_bytes ,\\  properties ,\\  clients ,\\  threads ,
.B death
(how clients die in will\\-storm),
.B has_wills
(whether wills were armed),
.B pace
(window or rate_per_second),
.B stop
and
.B warm_up
(messages or seconds).
.TP
.B brokers
For each broker its
.BR name ,
its
.B rounds
in order, and a
.B summary
of them: median, min, max and quartiles (q1, q3) of each figure.
.TP
.B ratios
For each further broker, how often a figure of the first one goes into its own, round by round.
.PP
A round has:
.TP
.BR elapsed_s ,\\  sent ,\\  expected ,\\  delivered ,\\  per_second
How long it took, messages published, deliveries that they ask for, that came, and per second.
.TP
.BR lost ,\\  doubled ,\\  reordered ,\\  unacknowledged
Deliveries that never came, came again (within a quarter of a second behind the last one) or came
after a later one; messages without an acknowledgement. Those of the warm-up count too.
.TP
.BR latency_us ,\\  send_delay_us
Count, min, mean, max and percentiles (p50 to p99.99) of latencies, and of how late messages left
behind the moment of their rate.
.TP
.B deliveries_over_time
How many came in each interval of bucket_ms.
.TP
.BR broker ,\\  generator
Processor time of the broker and of this program (cpu_s, and cpu_us_each for one delivery), what part
of the time the busiest thread was running (busiest_thread), and resident memory before the
connections, at most, and at the end.
.TP
.B lock
What the lock of a lastwill broker did, where its metrics are named: how long it was held (busy_s)
and how often it was taken (turns).
.TP
.B connection_bytes
How much the broker's memory has grown for each connection (idle).
.TP
.B connections
How many were accepted, how long that took, and the latencies of CONNECT.
.TP
.B limit
Who kept the round from being faster: broker, generator, pace or neither.
.TP
.B partial
Whether the round was ended early.
.SH EXIT STATUS
.TP
.B 0
Measured, perhaps ended early by a signal. At QoS 0 messages may be lost, which the figures say.
.TP
.B 1
The command line is wrong, there is no broker, or it does not grant what is asked for.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused a connection with this code (version 3 and version 5).
.TP
.B 2
The broker broke the protocol.
.TP
.B 7
The broker closed a connection, or stopped to answer: nothing has moved for 30 seconds.
.TP
.B 8
TLS failed, such as by a certificate that is not believed.
.TP
.B 14
The system refused something, such as more open files or room for the figures, or the command of
.B \\-\\-spawn
starts no broker.
.TP
.B 31
The broker broke the promise of the QoS: a delivery was lost (QoS 1 and 2), doubled (QoS 0 and 2) or
came after a later one. At every QoS: a will was lost or doubled, an idle connection was
lost, or nothing was delivered at all.
.TP
.B 255
A signal ended it before anything was measured, or a second signal at once.
";

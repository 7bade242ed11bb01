//! What the page of `lastwill bench` says beyond its options.

/// How it ends.
pub const MORE: &str = "\
.SH EXIT STATUS
.TP
.B 0
Measured. At QoS 0 messages may be lost, which the figures say.
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
The broker closed a connection, or stopped to answer.
.TP
.B 14
The system refused something, such as more open files.
.TP
.B 31
The broker broke the promise of the QoS: a delivery was lost (QoS 1 and 2), doubled (QoS 0 and 2) or
came after a later one.
";

//! W10 to W43: may this will be stored?

use crate::broker::testing::*;

#[test]
fn w01_will_goes_out_at_once_when_the_connection_is_lost() {
    let mut t = Bench::new();
    t.watch("s", "test");
    t.connect("c").v4().will("test", "bye").go();
    t.lines();
    t.cut("c");
    assert_eq!(
        t.lines(),
        [
            "! gone c Lost(PeerClosed)",
            "! will c test Published Lost(PeerClosed)",
            "s < test bye q0"
        ]
    );
}

//! Any bytes as what comes through the socket, to the server and to the client.
#![no_main]

use callbook::api::frame::{
    ANSWER_MOST, ClientMessage, Decoder, Greeting, HELLO_MOST, Hello, REQUEST_MOST, ServerMessage,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut first = Decoder::new(HELLO_MOST);
    first.feed(bytes);
    let _ = first.first::<Hello>();
    let mut first = Decoder::new(ANSWER_MOST);
    first.feed(bytes);
    let _ = first.first::<Greeting>();
    let mut server = Decoder::new(REQUEST_MOST);
    let mut client = Decoder::new(ANSWER_MOST);
    for piece in bytes.chunks(7) {
        server.feed(piece);
        while let Ok(Some(_)) = server.next::<ClientMessage>() {}
        client.feed(piece);
        while let Ok(Some(_)) = client.next::<ServerMessage>() {}
    }
});

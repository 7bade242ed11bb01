//! For each option, by subject: what shows that it does something.

use super::Proof::{self, Tests, Told};

type Rows = &'static [(&'static str, Proof)];

/// All options. Each subject stands by itself, so that work on several of them merges.
pub const GROUPS: &[Rows] = &[
    LISTENERS,
    CLIENTS,
    MESSAGES,
    PERSISTENCE,
    LOG,
    FILES,
    OURS,
    LIMITS,
    TLS,
    WEB,
    ACCESS,
    PROCESS,
    BRIDGES,
    LEGACY,
];

const LISTENERS: Rows = &[
    ("listener", Tests(&["a_listener_is_open_where_it_says"])),
    ("port", Tests(&["the_default_listener_is_open_where_port_and_bind_address_say"])),
    ("bind_address", Tests(&["the_default_listener_is_open_where_port_and_bind_address_say"])),
    ("socket_domain", Tests(&["socket_domain_leaves_one_family_out"])),
    ("listener_allow_anonymous", Tests(&["listener_allow_anonymous_is_for_one_listener"])),
    ("max_connections", Tests(&["max_connections_is_for_one_listener"])),
    ("accept_protocol_versions", Tests(&["who_may_be_whom"])),
    ("max_qos", Tests(&["suback_codes_in_the_order_of_the_filters", "maximum_qos_is_max_qos"])),
    ("maximum_qos", Tests(&["maximum_qos_is_max_qos"])),
    ("max_topic_alias", Tests(&["connack_grants"])),
    ("max_topic_alias_broker", Tests(&["the_broker_uses_as_many_aliases_as_it_is_told"])),
    ("mount_point", Tests(&["mount_point_of_a_listener"])),
    ("use_username_as_clientid", Tests(&["who_may_be_whom"])),
    ("listener_auto_id_prefix", Tests(&["assigned_ids_begin_as_they_should"])),
];

const CLIENTS: Rows = &[
    (
        "allow_anonymous",
        Tests(&[
            "listener_allow_anonymous_is_for_one_listener",
            "anonymous_clients_pass_by_the_file_where_they_are_allowed",
        ]),
    ),
    ("password_file", Tests(&["users_need_their_password_and_strangers_need_to_be_allowed"])),
    ("password_cache_seconds", Tests(&["password_cache_seconds_decides_about_hashing_again"])),
    ("will_on_revoke", Tests(&["will_on_revoke_false_is_mosquittos_silence"])),
    ("per_listener_settings", Tests(&["they_belong_to_their_listener_where_that_is_asked_for"])),
    ("allow_zero_length_clientid", Tests(&["empty_client_ids"])),
    ("auto_id_prefix", Tests(&["assigned_ids_begin_as_they_should"])),
    ("clientid_prefixes", Tests(&["who_may_be_whom"])),
    ("global_max_clients", Tests(&["w10_server_full_refuses_before_anything_happens"])),
    ("global_max_connections", Tests(&["one_connection_too_many_is_closed_at_once"])),
    ("max_keepalive", Tests(&["w74_server_keep_alive_counts"])),
    ("max_packet_size", Tests(&["connack_grants"])),
    ("message_size_limit", Tests(&["refused_publishes"])),
    ("set_tcp_nodelay", Tests(&["tcp_nodelay_is_as_configured"])),
    ("sys_interval", Tests(&["sys_topics_come_at_their_interval_or_not_at_all"])),
];

const MESSAGES: Rows = &[
    ("allow_duplicate_messages", Tests(&["w167_overlapping_subscriptions"])),
    ("max_inflight_messages", Tests(&["window_is_the_smaller_of_both_receive_maximums"])),
    ("max_inflight_bytes", Tests(&["inflight_bytes_always_allow_one_message"])),
    ("max_queued_messages", Tests(&["w164_full_queue_drops_and_says_so_once"])),
    ("max_queued_bytes", Tests(&["queue_limits_in_bytes_and_over_all_sessions"])),
    ("queue_qos0_messages", Tests(&["w162_offline_subscriber_gets_it_on_resume"])),
    ("upgrade_outgoing_qos", Tests(&["w161_delivered_at_the_smaller_qos"])),
    ("persistent_client_expiration", Tests(&["w143_expiry_that_the_server_shortened_counts"])),
    ("retain_available", Tests(&["w30_w31_limits_of_the_server_bind_wills"])),
    ("retain_expiry_interval", Tests(&["retained_messages_expire_by_policy_without_telling"])),
];

const PERSISTENCE: Rows = &[
    ("persistence", Tests(&["what_is_kept_is_in_the_file_that_is_named"])),
    ("persistence_location", Tests(&["what_is_kept_is_in_the_file_that_is_named"])),
    ("persistence_file", Tests(&["what_is_kept_is_in_the_file_that_is_named"])),
    ("retained_persistence", Tests(&["what_is_kept_is_in_the_file_that_is_named"])),
    ("persistence_sync", Tests(&["a_relaxed_store_is_written_once_a_second"])),
];

const LOG: Rows = &[
    ("log_dest", Tests(&["the_log_is_as_configured"])),
    ("log_type", Tests(&["the_log_is_as_configured"])),
    ("log_timestamp", Tests(&["the_log_is_as_configured"])),
    ("log_timestamp_format", Tests(&["the_log_is_as_configured"])),
    ("connection_messages", Tests(&["the_log_is_as_configured"])),
];

const FILES: Rows =
    &[("include_dir", Tests(&["included_files_are_read_in_order_and_share_no_block"]))];

const OURS: Rows = &[
    ("compat", Tests(&["compat_takes_the_other_side_unless_an_option_says_otherwise"])),
    ("strict_connect_flags", Tests(&["mqtt_3_1_2_11_and_13"])),
    ("will_on_takeover", Tests(&["w109_w112_will_on_takeover_false_is_mosquittos_silence"])),
    (
        "check_will_at_connect",
        Tests(&["w216_a_will_that_is_denied_at_connect_is_judged_when_it_is_due"]),
    ),
    ("sys_wills", Tests(&["a_broker_may_keep_its_wills_to_itself"])),
    ("deny_subscribe", Tests(&["mqtt_3_8_4_7_and_3_9_3_2"])),
    ("connect_timeout", Tests(&["half_a_connect_and_silence_is_closed"])),
    ("max_subscriptions", Tests(&["suback_codes_in_the_order_of_the_filters"])),
    ("max_queued_bytes_total", Tests(&["queue_limits_in_bytes_and_over_all_sessions"])),
    ("max_output_bytes", Tests(&["quality_0_beyond_the_bound_is_dropped_and_the_reader_stays"])),
    ("memory_limit", Tests(&["short_memory_stops_new_work_and_nothing_else"])),
    ("threads", Tests(&["there_are_as_many_threads_as_configured"])),
];

/// Rates, and what may be held.
const LIMITS: Rows = &[
    ("max_message_rate", Tests(&["whoever_sends_too_fast_is_slowed_and_loses_nothing"])),
    ("max_byte_rate", Tests(&["whoever_sends_too_fast_is_slowed_and_loses_nothing"])),
    ("listener_max_message_rate", Tests(&["whoever_sends_too_fast_is_slowed_and_loses_nothing"])),
    ("listener_max_byte_rate", Tests(&["whoever_sends_too_fast_is_slowed_and_loses_nothing"])),
    ("rate_action", Tests(&["w92_w97_rate_action_disconnect_publishes_the_will"])),
    ("max_connect_rate", Tests(&["an_address_that_connects_too_fast_is_refused"])),
    (
        "max_connection_time",
        Tests(&["w97_a_connection_lasts_as_long_as_it_may_and_its_will_is_published"]),
    ),
    ("max_will_bytes_total", Tests(&["w221_wills_are_bounded_in_bytes_and_accounted_exactly"])),
    ("tcp_keepalive", Tests(&["w214_tcp_notices_a_dead_machine_and_the_will_is_published"])),
    ("tcp_user_timeout", Tests(&["tcp_options_are_as_configured"])),
];

/// Certificates, keys, PSK.
const TLS: Rows = &[
    ("certfile", Tests(&["clients_of_all_kinds_talk_to_each_other"])),
    ("keyfile", Tests(&["clients_of_all_kinds_talk_to_each_other"])),
    ("cafile", Tests(&["a_certificate_may_be_required_and_name_the_user"])),
    ("capath", Tests(&["authorities_may_stand_in_a_folder"])),
    ("crlfile", Tests(&["who_was_revoked_is_disconnected_and_the_others_notice_nothing"])),
    ("require_certificate", Tests(&["a_certificate_may_be_required_and_name_the_user"])),
    ("use_identity_as_username", Tests(&["a_certificate_may_be_required_and_name_the_user"])),
    (
        "use_subject_as_username",
        Tests(&["the_whole_subject_may_name_the_user_as_openssl_writes_it"]),
    ),
    ("tls_version", Tests(&["versions_and_ciphers_are_limited_and_what_is_unknown_is_named"])),
    ("ciphers", Tests(&["versions_and_ciphers_are_limited_and_what_is_unknown_is_named"])),
    ("ciphers_tls1.3", Tests(&["versions_and_ciphers_are_limited_and_what_is_unknown_is_named"])),
    ("disable_client_cert_date_checks", Tests(&["dates_of_certificates_need_not_count"])),
    ("psk_hint", Tests(&["our_broker_knows_clients_by_their_keys"])),
    ("psk_file", Tests(&["our_broker_knows_clients_by_their_keys"])),
];

/// WebSocket, PROXY, Unix sockets, interfaces.
const WEB: Rows = &[
    ("protocol", Tests(&["the_answer_names_the_sub_protocol"])),
    ("websockets_origin", Tests(&["only_pages_of_websockets_origin_may_connect"])),
    ("websockets_headers_size", Tests(&["a_request_is_bounded_by_websockets_headers_size"])),
    ("packet_buffer_size", Tests(&["a_request_is_bounded_by_websockets_headers_size"])),
    ("websockets_log_level", Told),
    ("enable_proxy_protocol", Tests(&["a_missing_or_wrong_header_is_one_line_and_the_end"])),
    ("proxy_protocol_v2_require_tls", Tests(&["tls_before_the_proxy_is_told_and_can_be_demanded"])),
    ("bind_interface", Tests(&["bind_interface_takes_connections_of_that_interface_only"])),
];

/// Passwords and access lists.
const ACCESS: Rows = &[
    ("acl_file", Tests(&["people_get_what_the_file_allows_and_nothing_else"])),
    ("check_retain_source", Tests(&["a_retained_message_goes_with_the_right_to_write_it"])),
];

/// The process, and what operators look at.
const PROCESS: Rows = &[
    ("user", Tests(&["root_becomes_the_user_of_the_configuration_for_good"])),
    ("pid_file", Tests(&["the_caller_goes_on_when_the_broker_listens"])),
    ("log_facility", Tests(&["log_facility_and_ident_are_what_is_configured"])),
    ("log_format", Tests(&["lines_of_json_are_whole_objects"])),
    ("log_syslog_ident", Tests(&["log_facility_and_ident_are_what_is_configured"])),
    ("log_syslog_socket", Tests(&["syslog_gets_lines_with_priority_name_and_process"])),
    ("metrics_listener", Tests(&["metrics_count_what_happens"])),
];

/// `connection` blocks.
const BRIDGES: Rows = &[
    ("connection", Tests(&["blocks_stay_open_until_the_next_of_their_kind"])),
    (
        "address",
        Tests(&[
            "addresses_have_a_host_and_perhaps_a_port",
            "all_addresses_are_tried_before_waiting",
        ]),
    ),
    ("addresses", Tests(&["all_addresses_are_tried_before_waiting"])),
    ("topic", Tests(&["a_topic_has_up_to_five_parts", "prefixes_are_put_on_and_taken_off"])),
    ("start_type", Tests(&["once_is_once", "once_is_one_connection_and_no_other"])),
    (
        "idle_timeout",
        Tests(&["a_lazy_bridge_connects_for_enough_messages_and_leaves_when_it_has_nothing_to_do"]),
    ),
    (
        "threshold",
        Tests(&["a_lazy_bridge_connects_for_enough_messages_and_leaves_when_it_has_nothing_to_do"]),
    ),
    (
        "restart_timeout",
        Tests(&["waits_grow_at_random_between_base_and_cap", "a_constant_wait_is_constant"]),
    ),
    ("round_robin", Tests(&["the_primary_address_is_wanted_back_unless_all_are_equal"])),
    (
        "keepalive_interval",
        Tests(&["w224_a_bridge_announces_itself_with_its_end_as_will_and_then_its_beginning"]),
    ),
    ("bridge_protocol_version", Tests(&["what_is_refused_is_given_up_once_and_at_once"])),
    ("try_private", Tests(&["silence_as_an_answer_makes_it_a_plain_client"])),
    ("cleansession", Tests(&["what_is_switched_off_is_not_said"])),
    (
        "local_cleansession",
        Tests(&["a_clean_local_session_drops_what_comes_while_the_remote_broker_is_away"]),
    ),
    (
        "notifications",
        Tests(&["an_exchange_goes_on_at_a_remote_broker_that_is_silent_about_the_session"]),
    ),
    ("notifications_local_only", Tests(&["what_is_switched_off_is_not_said"])),
    ("notification_topic", Tests(&["a_topic_of_its_own_tells_the_state_at_both_brokers"])),
    ("bridge_attempt_unsubscribe", Tests(&["what_is_switched_off_is_not_said"])),
    ("bridge_bind_address", Tests(&["every_option_of_a_bridge_changes_it"])),
    (
        "bridge_max_packet_size",
        Tests(&["our_own_bound_of_the_packet_size_holds_besides_the_servers"]),
    ),
    ("bridge_max_topic_alias", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_outgoing_retain", Tests(&["retain_is_taken_off_on_the_way_out_where_it_is_to"])),
    ("bridge_receive_maximum", Tests(&["every_option_of_a_bridge_changes_it"])),
    (
        "bridge_reload_type",
        Tests(&["w230_a_remote_access_list_that_forbids_the_state_is_no_silent_loop"]),
    ),
    ("bridge_session_expiry_interval", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_tcp_keepalive", Tests(&["options_reach_the_socket"])),
    ("bridge_tcp_user_timeout", Tests(&["options_reach_the_socket"])),
    ("remote_clientid", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("clientid", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("local_clientid", Tests(&["every_option_of_a_bridge_changes_it"])),
    (
        "remote_username",
        Tests(&["w224_a_bridge_announces_itself_with_its_end_as_will_and_then_its_beginning"]),
    ),
    ("username", Tests(&["every_option_of_a_bridge_changes_it"])),
    (
        "remote_password",
        Tests(&["w224_a_bridge_announces_itself_with_its_end_as_will_and_then_its_beginning"]),
    ),
    ("password", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("local_username", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("local_password", Tests(&["every_option_of_a_bridge_changes_it"])),
    (
        "bridge_will_topic",
        Tests(&["w229_a_will_of_the_administrators_own_takes_the_place_of_the_notification"]),
    ),
    (
        "bridge_will_payload",
        Tests(&["w229_a_will_of_the_administrators_own_takes_the_place_of_the_notification"]),
    ),
    (
        "bridge_will_qos",
        Tests(&["w229_a_will_of_the_administrators_own_takes_the_place_of_the_notification"]),
    ),
    (
        "bridge_will_retain",
        Tests(&["w229_a_will_of_the_administrators_own_takes_the_place_of_the_notification"]),
    ),
    ("bridge_cafile", Tests(&["a_certificate_that_is_not_believed_is_told_with_its_reason"])),
    ("bridge_capath", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_tls_use_os_certs", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_certfile", Tests(&["our_bridge_shows_its_certificate_to_mosquitto"])),
    ("bridge_keyfile", Tests(&["our_bridge_shows_its_certificate_to_mosquitto"])),
    ("bridge_insecure", Tests(&["a_certificate_that_is_not_believed_is_told_with_its_reason"])),
    ("bridge_tls_version", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_alpn", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_ciphers", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_ciphers_tls1.3", Tests(&["every_option_of_a_bridge_changes_it"])),
    ("bridge_identity", Tests(&["a_key_that_is_none_is_not_shown"])),
    ("bridge_psk", Tests(&["a_key_that_is_none_is_not_shown"])),
    ("bridge_require_ocsp", Tests(&["what_does_not_go_together_is_told"])),
];

const LEGACY: Rows = &[
    ("dhparamfile", Told),
    ("retry_interval", Told),
    ("autosave_interval", Told),
    ("autosave_on_changes", Told),
    ("enable_control_api", Told),
];

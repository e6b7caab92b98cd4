from kiosk.flow.events import DeviceFailed, DeviceRecovered, health_event


def test_a_fault_makes_a_failure_and_no_fault_a_recovery() -> None:
    assert health_event(1.0, "camera", "camera_silent") == DeviceFailed(1.0, "camera", "camera_silent")
    assert health_event(2.0, "camera", "") == DeviceRecovered(2.0, "camera")

"""What reading Picasa's files must get right, and the test of each point.

 1  both names of an ini in any case: test_names.py::test_picasa_names_in_any_case,
    a sync program's copies told apart: test_names.py::test_copies_are_told_apart
 2  UTF-8, byte order mark, line ends, last line: test_ini.py::test_line_ends_bom_and_last_line,
    a bad byte: test_ini.py::test_bad_byte_spoils_one_line_only
 3  the first "=" and characters that are syntax elsewhere:
    test_ini.py::test_values_keep_what_other_formats_treat_as_syntax
 4  repeated sections: test_ini.py::test_repeated_sections_become_one,
    repeated keys: test_ini.py::test_repeated_faces_lines_are_united,
    test_ini.py::test_what_contradicts_itself_or_means_nothing_is_a_problem,
    [(null)]: test_ini.py::test_faces_of_no_photo_are_reported,
    junk lines: test_ini.py::test_junk_lines_are_reported,
    nothing uncounted: test_ini.py::test_every_line_and_every_item_is_counted_once,
    test_real_inis.py::test_every_line_is_counted
 5  a section's file, exact before any case before any normalisation:
    test_names.py::test_exact_name_wins,
    test_names.py::test_case_and_normalisation_do_not_matter,
    a missing file: test_names.py::test_missing_file_is_none,
    counted: test_picasa_takeover.py::test_report_accounts_for_every_rectangle
 6  dropped zeros of rectangle and id: test_rects.py::test_rect_and_id_are_padded,
    ids that are nobody's: test_ini.py::test_special_ids_are_nobody,
    a missing id: test_rects.py::test_missing_id_is_empty
 7  wraps: test_rects.py::test_wrapped_right_edge_lies_on_the_border,
    test_rects.py::test_wrapped_bottom_edge_lies_on_the_border,
    no area: test_rects.py::test_rectangles_without_area_are_refused,
    the far edge: test_rects.py::test_edges_at_the_borders_are_not_suspect
 8  several faces, one person twice: test_ini.py::test_one_person_may_be_twice_on_a_photo,
    a trailing ";": test_ini.py::test_empty_items_are_not_faces
 9  the frame test: test_frames.py::test_stored_grid_is_kept_whatever_the_rotation,
    test_frames.py::test_swapped_grid_is_turned_back,
    test_recipes.py::test_face_lands_on_its_pixels,
    test_frames.py::test_no_grid_is_taken_as_stored_but_said
10  rotate= in place of EXIF, EXIF 0: test_frames.py::test_rotate_replaces_exif,
    mirrored EXIF: test_frames.py::test_swapped_grid_is_turned_back,
    shown as Picasa showed it:
    test_picasa_photos.py::test_a_photo_that_picasa_turned_is_searched_upright
11  RAW: test_frames.py::test_raw_rectangles_are_upright,
    test_scan_raw.py::test_picasas_rectangles_of_a_raw_are_of_the_upright_picture
12  folders of copies: test_names.py::test_backup_folders_are_skipped,
    test_scan_tree.py::test_skipped_folders_and_tagged_caches_are_left_out,
    recipes: test_ini.py::test_recipe_needs_the_originals_size,
    test_recipes.py::test_face_that_was_cropped_away_has_no_place,
    test_picasa_photos.py::test_rectangles_of_the_original_follow_picasas_saving
13  exports: test_ini.py::test_export_folder_is_recognised,
    test_picasa_photos.py::test_rectangles_of_an_export_count_where_there_is_a_face
14  who a contact is: test_names.py::test_contacts_xml_comes_first,
    test_names.py::test_own_ini_comes_before_parents,
    test_names.py::test_nearest_parent_comes_before_the_library,
    test_names.py::test_most_frequent_name_of_the_library_is_taken,
    test_names.py::test_database_names_those_that_no_file_names,
    test_names.py::test_unknown_id_is_one_placeholder_everywhere,
    entities in names: test_ini.py::test_contact_names,
    several ids of one person: test_picasa_takeover.py::test_every_rectangle_is_taken_over
15  web ids: test_ini.py::test_old_contacts_have_web_ids_and_no_names,
    test_names.py::test_ids_of_one_web_contact_are_grouped
16  regions in XMP: test_reading.py::test_every_dialect_gives_the_same_two_faces,
    beside an ini: test_scan_xmp.py::test_picasas_ini_counts_more_than_xmp,
    test_scan_xmp.py::test_what_agrees_is_one_face
17  hidden photos: test_ini.py::test_what_a_section_says_of_its_photo,
    test_picasa_photos.py::test_stars_captions_keywords_albums_and_hidden_photos
18  the report: test_picasa_takeover.py::test_report_accounts_for_every_rectangle,
    test_scan_xmp.py::test_the_ledger_accounts_for_everything
19  a second time: test_picasa_takeover.py::test_scanning_again_changes_nothing
20  size: test_ini.py::test_too_large_file_is_not_read,
    links: test_scan_tree.py::test_links_and_special_files_are_not_followed,
    test_db3.py::test_links_and_pipes_are_not_followed
21  videos: test_ini.py::test_video_may_have_a_section
"""

import re
from pathlib import Path

TESTS = Path(__file__).parents[2]


def points():
    """Return number -> (file, test) pairs of the table."""
    parts = re.split(r"(?m)^ ?(\d+)  ", __doc__)[1:]
    return {
        int(number): re.findall(r"(test_\w+\.py)::(test_\w+)", text)
        for number, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_every_point_has_tests_that_exist():
    table = points()
    assert list(table) == list(range(1, 22))
    missing = [
        (number, file, test)
        for number, tests in table.items()
        for file, test in tests or [("", "")]
        if not any(f"def {test}(" in path.read_text("utf-8") for path in TESTS.rglob(file or "-"))
    ]
    assert missing == []
